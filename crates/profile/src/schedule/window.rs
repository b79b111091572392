use super::{ScheduleError, weekday};
use jiff::civil::DateTime;

/// Days of the week and times of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// Bit 0 is Sunday.
    days: u8,
    /// Minutes of the day, end exclusive; an end before its start lies on the next day.
    times: Vec<(u16, u16)>,
}

impl Window {
    pub fn parse(fields: &[&str]) -> Result<Self, ScheduleError> {
        let (days, times) = match fields {
            [times] => ("daily", *times),
            [days, times] => (*days, *times),
            _ => return Err(ScheduleError("a window is `<days> <HH:MM-HH:MM>`, e.g. `Mon-Fri 08:00-19:00`".into())),
        };
        let times: Result<Vec<_>, _> = times.split(',').map(time_range).collect();
        Ok(Window { days: day_set(days)?, times: times? })
    }

    pub fn contains(&self, local: DateTime) -> bool {
        let now = minute_of(local);
        let today = local.date().weekday().to_sunday_zero_offset();
        let on = |day: i8| self.days & 1 << day.rem_euclid(7) != 0;
        self.times.iter().any(|(start, end)| {
            if start < end {
                on(today) && (*start..*end).contains(&now)
            } else {
                (on(today) && now >= *start) || (on(today - 1) && now < *end)
            }
        })
    }
}

fn minute_of(local: DateTime) -> u16 {
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}

fn day_set(text: &str) -> Result<u8, ScheduleError> {
    if text == "*" || text.eq_ignore_ascii_case("daily") {
        return Ok(0x7f);
    }
    let day = |name: &str| {
        weekday(name).ok_or_else(|| ScheduleError(format!("`{name}` is not a day: Mon Tue Wed Thu Fri Sat Sun, or daily")))
    };
    let mut days = 0u8;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        // A range may run over the weekend: Fri-Mon.
        loop {
            days |= 1 << at;
            if at == last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    Ok(days)
}

fn time_range(text: &str) -> Result<(u16, u16), ScheduleError> {
    let (start, end) =
        text.split_once('-').ok_or_else(|| ScheduleError(format!("`{text}` is not a time range HH:MM-HH:MM")))?;
    let (start, end) = (minute(start)?, minute(end)?);
    if start == end || start == 24 * 60 {
        return Err(ScheduleError(format!("the time range `{text}` is empty; the whole day is 00:00-24:00")));
    }
    Ok((start, end))
}

fn minute(text: &str) -> Result<u16, ScheduleError> {
    let parsed = text.split_once(':').and_then(|(h, m)| Some((h.parse::<u16>().ok()?, m.parse::<u16>().ok()?, m.len() == 2)));
    match parsed {
        Some((h, m, true)) if m < 60 && (h < 24 || (h == 24 && m == 0)) => Ok(h * 60 + m),
        _ => Err(ScheduleError(format!("`{text}` is not a time of day HH:MM"))),
    }
}
