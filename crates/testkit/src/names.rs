//! Names that no other test has. Tests share a Redis, and everything in it belongs to a project.

thread_local! {
    /// Each test runs on a thread of its own.
    static PROJECT: String = format!("acme-{:08x}", rand::random::<u32>());
}

/// The Google Cloud project of the test that runs on this thread.
pub fn project() -> String {
    PROJECT.with(Clone::clone)
}

/// The conversation of a test that needs only one: that which the console joins without being asked.
pub fn talk() -> String {
    conversation("demo-conversation")
}

/// Returns the canonical name of a conversation of [`project`].
pub fn conversation(id: &str) -> String {
    format!("projects/{}/conversations/{id}", project())
}
