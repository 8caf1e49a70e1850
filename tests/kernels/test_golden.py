"""A thousand paths of each shared deal have the bits on record; golden.py says when the record may change."""

import json

import pytest
from golden import FILE, golden_hashes


@pytest.mark.compiled
def test_paths_have_the_bits_on_record():
    assert golden_hashes() == json.loads(FILE.read_text())
