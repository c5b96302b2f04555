"""The C printer, what stands before every kernel, and the compiler."""
