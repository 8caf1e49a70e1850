"""The what-if page: sliders on a scenario, each picture a real run of the kernels."""
