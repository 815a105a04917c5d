//! The forms in which times are written.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Returns the time in UTC, as `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(FORMAT).unwrap_or_default()
}

/// Returns the Unix time of a publish time of Pub/Sub, in seconds; 0 if it is malformed.
pub(crate) fn seconds(publish_time: &str) -> i64 {
    OffsetDateTime::parse(publish_time, &Rfc3339).map_or(0, OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_a_second_in_utc() {
        let now = super::now();
        assert_eq!(now.len(), "2026-05-14T09:21:07Z".len());
        assert!(now.starts_with("20") && now.ends_with('Z'), "{now}");
    }

    #[test]
    fn publish_times_have_any_number_of_digits() {
        for text in ["2026-05-14T09:21:07Z", "2026-05-14T09:21:07.6Z", "2026-05-14T09:21:07.482000001Z"] {
            assert_eq!(super::seconds(text), 1_778_750_467, "{text}");
        }
        assert_eq!([super::seconds(""), super::seconds("t")], [0, 0]);
    }
}
