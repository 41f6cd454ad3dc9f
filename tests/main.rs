//! One test binary; its files are named like the flows they test.
