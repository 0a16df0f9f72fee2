//! The time of day as people write it, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, as `2026-11-21T07:23:45Z` (RFC 3339).
pub fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    at(since.map_or(0, |since| since.as_secs()))
}

/// A time in seconds since 1970 as `2026-11-21T07:23:45Z`.
pub fn at(seconds: u64) -> String {
    let (days, second) = (seconds / 86400, seconds % 86400);
    let mut year = 1970;
    let mut day = days;
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let len = |year: u64| if is_leap(year) { 366 } else { 365 };
    while day >= len(year) {
        day -= len(year);
        year += 1;
    }
    let february = len(year) - 337;
    let mut month = 1;
    for len in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < len {
            break;
        }
        day -= len;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        day + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_since_1970_are_a_date() {
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_795_245_825), "2026-11-21T07:23:45Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
