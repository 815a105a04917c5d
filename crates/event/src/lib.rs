//! What the two services agree on: conversation names, event kinds, payloads and positions. Pure types, no I/O.
