"""What waiting, importing and calling cost, measured beside public peers: `make benchmarks`, docs/benchmarks.md."""
