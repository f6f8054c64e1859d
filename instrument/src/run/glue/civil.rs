//! Seconds since 1970 as a date.

const DAY_SECONDS: i64 = 86_400;
/// Years further away than any calendar goes are cut to this.
const MOST_SECONDS: i64 = 1 << 52;

/// The fields of C's `struct tm` for `seconds` since 1970 in UTC: second, minute, hour, day of the month, month from 0,
/// year from 1900, day of the week from Sunday, day of the year from 0.
pub fn fields(seconds: i64) -> [i32; 8] {
    let seconds = seconds.clamp(-MOST_SECONDS, MOST_SECONDS);
    let (days, second) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
    let (year, day_of_year) = year_and_day(days);
    let (month, day) = month_and_day(day_of_year, is_leap(year));
    let weekday = (days + 4).rem_euclid(7);
    [second % 60, second / 60 % 60, second / 3_600, day, month, year - 1_900, weekday, day_of_year]
        .map(|field| field as i32)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970 to the beginning of `year`.
fn days_before(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - 719_162
}

fn year_and_day(days: i64) -> (i64, i64) {
    // At most a year off, since 400 years have 146,097 days.
    let guess = 1970 + (days * 400).div_euclid(146_097);
    let year = (guess - 1..=guess + 1).rev().find(|year| days_before(*year) <= days).unwrap_or(guess);
    (year, days - days_before(year))
}

fn month_and_day(day_of_year: i64, is_leap: bool) -> (i64, i64) {
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut day = day_of_year;
    for (month, length) in (0..).zip(lengths) {
        if day < length {
            return (month, day + 1);
        }
        day -= length;
    }
    (11, 31)
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, [0, 0, 0, 1, 0, 70, 4, 0]),
            (-1, [59, 59, 23, 31, 11, 69, 3, 364]),
            (951_782_400, [0, 0, 0, 29, 1, 100, 2, 59]),
            (1_735_689_599, [59, 59, 23, 31, 11, 124, 2, 365]),
            (4_107_542_400, [0, 0, 0, 1, 2, 200, 1, 59]),
        ] {
            assert_eq!(fields(seconds), expected, "{seconds}");
        }
        for end in [i64::MIN, i64::MAX] {
            fields(end);
        }
    }
}
