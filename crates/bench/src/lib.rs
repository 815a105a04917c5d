//! Plays desktops and Pub/Sub pushes against the services and measures them.
