//! The outside world over real HTTP, and the demo.
