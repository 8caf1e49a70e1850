"""The CUDA driver: every thread of the card simulates one path, by the functions of the CPU driver."""
