use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Now, in UTC whatever the machine's zone is, as `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(FORMAT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_a_second_in_utc() {
        let now = super::now();
        assert_eq!(now.len(), "2026-05-14T09:21:07Z".len());
        assert!(now.starts_with("20") && now.ends_with('Z'), "{now}");
    }
}
