//! A fake AWS on loopback, for tests, benchmarks and demonstrations.
