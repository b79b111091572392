use super::draw::{Purpose, generator, uuid};
use super::lines::{seconds, user_identity};
use super::member::Member;
use crate::scenario::{Fault, Inject, Label, LabelRow};
use std::path::{Path, PathBuf};
use vires_event::Millis;
use vires_profile::duration::parse_duration;

/// The file of a template: in the scenario's folder, else in `datasets/templates/` of the folder's parents.
pub fn template_path(dir: &Path, template: &str) -> Option<PathBuf> {
    let file = format!("{template}.ndjson");
    // A template may not lead out of the folders it is looked for in.
    if template.split(['/', '\\']).any(|part| part == ".." || part.is_empty()) {
        return None;
    }
    let own = dir.join(&file);
    if own.is_file() {
        return Some(own);
    }
    let absolute = std::path::absolute(dir).ok()?;
    absolute.ancestors().take(8).map(|d| d.join("datasets/templates").join(&file)).find(|path| path.is_file())
}

/// Lines with their times.
pub(super) type Timed = Vec<(Millis, String)>;

/// Fills a template: its lines with their times, and their labels.
pub(super) fn fill(
    inject: &Inject,
    number: usize,
    member: &Member,
    path: &Path,
    text: &str,
    start: Millis,
    seed: u64,
) -> Result<(Timed, Vec<LabelRow>), Vec<Fault>> {
    let (mut lines, mut labels, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut rng = generator(seed, Purpose::Inject, number as u64, at as u64);
        let mut filled = Filled { inject, member, start, at: None, id: uuid(&mut rng), has_id: false, rng };
        match filled.line(line) {
            Err((message, remedy)) => faults.push(Fault::at(path, at + 1, "template", message, remedy)),
            Ok(text) => {
                let Some(time) = filled.at.filter(|_| filled.has_id) else {
                    let message = "no {{id}} or no time".to_string();
                    let remedy = "write {{id}} where the source has the event's own id, and {{t}} or {{t+90s}} for its time";
                    faults.push(Fault::at(path, at + 1, "template", message, remedy));
                    continue;
                };
                if inject.label != Label::Benign || !inject.instance.is_empty() || !inject.boundaries.is_empty() {
                    labels.push(LabelRow {
                        event_id: filled.id.clone(),
                        identity: member.identity(),
                        instance: inject.instance.clone(),
                        label: inject.label,
                        boundaries: inject.boundaries.clone(),
                        note: inject.template.clone(),
                        line: 0,
                    });
                }
                lines.push((time, text));
            }
        }
    }
    if faults.is_empty() { Ok((lines, labels)) } else { Err(faults) }
}

struct Filled<'a> {
    inject: &'a Inject,
    member: &'a Member,
    start: Millis,
    at: Option<Millis>,
    id: String,
    has_id: bool,
    rng: rand_chacha::ChaCha8Rng,
}

impl Filled<'_> {
    fn line(&mut self, line: &str) -> Result<String, (String, &'static str)> {
        let mut out = String::with_capacity(line.len() + 512);
        let mut rest = line;
        while let Some(at) = rest.find("{{") {
            out.push_str(rest.get(..at).unwrap_or_default());
            let inner = rest.get(at + 2..).unwrap_or_default();
            let Some(end) = inner.find("}}") else {
                // Two braces in a row that open nothing are JSON.
                break;
            };
            let name = inner.get(..end).unwrap_or_default();
            // `{{` can be JSON too: a placeholder is a word.
            if name.is_empty() || name.len() > 64 || name.contains(['"', '{', ':', ' ']) {
                out.push_str("{{");
                rest = inner;
                continue;
            }
            out.push_str(&self.value(name)?);
            rest = inner.get(end + 2..).unwrap_or_default();
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&mut self, name: &str) -> Result<String, (String, &'static str)> {
        if let Some(value) = self.inject.vars.get(name) {
            return Ok(value.clone());
        }
        let m = self.member;
        Ok(match name {
            "id" => {
                self.has_id = true;
                self.id.clone()
            }
            "uuid" => uuid(&mut self.rng),
            "user_identity" => user_identity(m, &seconds(self.start - self.start.rem_euclid(4 * 3_600_000))),
            "name" => m.name.clone(),
            "stem" => m.stem.clone(),
            "account" => m.account.into(),
            "region" => m.region.into(),
            "ip" => m.ips.first().cloned().unwrap_or_default(),
            "ua" => m.ua.clone(),
            "key" => m.key(),
            "foreign_ip" => "203.0.113.66".into(),
            "foreign_ua" => "aws-cli/2.15.30 Python/3.11.8 Linux/6.5 exe/x86_64".into(),
            _ => return self.time(name),
        })
    }

    /// `t`, `t+90s`; `ms+90s` as epoch milliseconds.
    fn time(&mut self, name: &str) -> Result<String, (String, &'static str)> {
        let unknown = || {
            let message = format!("unknown placeholder {{{{{name}}}}}");
            (
                message,
                "use id, uuid, t, t+90s, ms, user_identity, name, stem, account, region, ip, ua, key, foreign_ip, foreign_ua, or a key of `vars`",
            )
        };
        let (kind, delay) = name.split_once('+').map_or((name, None), |(kind, delay)| (kind, Some(delay)));
        let delay = match delay {
            None => 0,
            Some(text) => parse_duration(text).ok_or_else(unknown)?,
        };
        let at = self.start + delay;
        let text = match kind {
            "t" => seconds(at),
            "ms" => at.to_string(),
            _ => return Err(unknown()),
        };
        self.at = Some(self.at.map_or(at, |known| known.min(at)));
        Ok(text)
    }
}

/// `d12T03:10`: 03:10 UTC on day 12 of the test window, the first being 0.
pub(super) fn moment(text: &str) -> Option<(i64, Millis)> {
    let (day, time) = text.strip_prefix('d')?.split_once('T')?;
    let (hour, minute) = time.split_once(':')?;
    let (minute, second) = minute.split_once(':').unwrap_or((minute, "0"));
    let number = |text: &str, below: i64| text.parse::<i64>().ok().filter(|n| (0..below).contains(n));
    let day = number(day, 100_000)?;
    Some((day, number(hour, 24)? * 3_600_000 + number(minute, 60)? * 60_000 + number(second, 60)? * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments() {
        assert_eq!(moment("d12T03:10"), Some((12, 11_400_000)));
        assert_eq!(moment("d0T23:59:59"), Some((0, 86_399_000)));
        for bad in ["12T03:10", "d1T24:00", "d1", "d-1T00:00", "dT1:2"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }
}
