use redis::Script;

/// The operations that Redis must carry out as one step.
pub(super) struct Scripts {
    pub(super) record: Script,
    pub(super) hold: Script,
    pub(super) announce: Script,
    pub(super) read: Script,
    pub(super) open: Script,
    pub(super) mark_undelivered: Script,
    pub(super) renew: Script,
    pub(super) release: Script,
    pub(super) quarantine: Script,
    pub(super) send: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            record: Script::new(concat!(
                include_str!("lua/publish.lua"),
                include_str!("lua/record.lua"),
                // Nearly no event needs these, and each time that the script runs they would be made anew.
                include_str!("lua/less.lua"),
                include_str!("lua/announce.lua"),
                include_str!("lua/record_behind.lua"),
            )),
            hold: Script::new(include_str!("lua/hold.lua")),
            announce: Script::new(concat!(
                include_str!("lua/less.lua"),
                include_str!("lua/publish.lua"),
                include_str!("lua/announce.lua"),
                include_str!("lua/announce_held.lua"),
            )),
            read: Script::new(include_str!("lua/read.lua")),
            open: Script::new(concat!(include_str!("lua/less.lua"), include_str!("lua/open.lua"))),
            mark_undelivered: Script::new(concat!(
                include_str!("lua/less.lua"),
                include_str!("lua/mark_undelivered.lua")
            )),
            renew: Script::new(include_str!("lua/renew.lua")),
            release: Script::new(include_str!("lua/release.lua")),
            quarantine: Script::new(include_str!("lua/quarantine.lua")),
            send: Script::new(include_str!("lua/send.lua")),
        }
    }
}

#[cfg(test)]
mod tests {
    use event::ConnectorId;

    #[test]
    fn the_script_knows_the_prefix_of_our_connectors() {
        let test = format!("string.sub(connector, 1, {}) ~= '{}'", ConnectorId::PREFIX.len(), ConnectorId::PREFIX);
        assert!(include_str!("lua/publish.lua").contains(&test));
    }
}
