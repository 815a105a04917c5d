//! Holds the agents' Socket.IO connections and brings them the events of their conversations.
