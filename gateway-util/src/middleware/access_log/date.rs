//! Moments as logs write them, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) struct Date {
    year: u64,
    /// From 1.
    month: usize,
    day: u64,
    second_of_day: u64,
    millis: u32,
}

impl Date {
    /// The date of a moment; what lies before 1970 is 1970.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Counted from March of the year 0, so that a leap day is the last of its year: then a month
        // begins at day (153 m + 2) / 5.
        let days = since.as_secs() / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = (from_march + 2) % 12 + 1;
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day,
            second_of_day: since.as_secs() % 86_400,
            millis: since.subsec_millis(),
        }
    }

    fn clock(&self) -> String {
        let second = self.second_of_day;
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        format!("{hour:02}:{minute:02}:{:02}", second % 60)
    }

    /// `20/Nov/2026:15:15:18 +0000`
    pub(super) fn common(&self) -> String {
        let month = MONTHS.get(self.month - 1).unwrap_or(&"Jan");
        format!(
            "{:02}/{month}/{}:{} +0000",
            self.day,
            self.year,
            self.clock()
        )
    }

    /// `2026-11-20T15:15:18.250Z`
    pub(super) fn rfc3339(&self) -> String {
        let Self {
            year,
            month,
            day,
            millis,
            ..
        } = self;
        format!("{year}-{month:02}-{day:02}T{}.{millis:03}Z", self.clock())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_across_leap_days_and_years() {
        for (seconds, text) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_399, "28/Feb/2000:23:59:59 +0000"),
            (951_782_400, "29/Feb/2000:00:00:00 +0000"),
            (951_868_800, "01/Mar/2000:00:00:00 +0000"),
            (1_735_689_599, "31/Dec/2024:23:59:59 +0000"),
            (1_735_689_600, "01/Jan/2025:00:00:00 +0000"),
            (4_107_542_400, "01/Mar/2100:00:00:00 +0000"),
        ] {
            let date = Date::of(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(date.common(), text);
        }
        let date = Date::of(UNIX_EPOCH + Duration::from_millis(951_782_400_250));
        assert_eq!(date.rfc3339(), "2000-02-29T00:00:00.250Z");
    }
}
