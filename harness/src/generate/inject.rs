use super::draw::{Purpose, below, generator, uuid};
use super::lines::{Spelling, seconds, user_identity};
use super::member::Member;
use super::stranger::Stranger;
use crate::scenario::{Fault, Inject, Label, LabelRow};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use vires_event::{Boundary, Millis};
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

/// Most repetitions of a template: more is a typing error.
pub(super) const MOST_REPEATS: u32 = 20_000;

/// Where a template's lines come from and when they happen.
pub(super) struct Source<'a> {
    /// File of the template.
    pub path: &'a Path,
    /// What it says.
    pub text: &'a str,
    /// Who acts, one after the other.
    pub members: &'a [&'a Member],
    /// Moment of the first line.
    pub start: Millis,
    /// Distance of repetitions and identities.
    pub every: Millis,
    /// Seed of the test window.
    pub seed: u64,
}

/// Fills a template: its lines with their times, and their labels.
pub(super) fn fill(inject: &Inject, number: usize, source: &Source<'_>) -> Result<(Timed, Vec<LabelRow>), Vec<Fault>> {
    let (mut lines, mut labels, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let mut rng = generator(source.seed, Purpose::Stranger, number as u64, 0);
    // Nothing happens on the stroke of a minute, unless somebody says so to the second.
    let exact = inject.at.matches(':').count() > 1;
    let start = source.start + if exact { 0 } else { below(&mut rng, 60_000) as i64 };
    let steps = inject.repeat.max(1);
    for (who, member) in source.members.iter().enumerate() {
        let stranger = Stranger::draw(member.archetype.source, source.seed, number);
        for step in 0..steps {
            let start = start + source.every * (who as i64 + i64::from(step));
            for (at, line) in source.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let stream = (at as u64) | ((who as u64) << 24) | (u64::from(step) << 40);
                let mut rng = generator(source.seed, Purpose::Inject, number as u64, stream);
                let id = uuid(&mut rng);
                let spelling = Spelling::of_line(line);
                let start = if exact || spelling == Spelling::Seconds { start } else { start + below(&mut rng, 400) as i64 };
                let mut filled = Filled {
                    inject,
                    member,
                    stranger: &stranger,
                    n: step + 1,
                    spelling,
                    start,
                    at: None,
                    id: spelling.id(&id),
                    has_id: false,
                    names_actor: false,
                    rng,
                };
                match filled.line(line) {
                    Err((message, remedy)) => faults.push(Fault::at(source.path, at + 1, "template", message, remedy)),
                    Ok(text) => {
                        let Some(time) = filled.at.filter(|_| filled.has_id) else {
                            let message = "no {{id}} or no time".to_string();
                            let remedy =
                                "write {{id}} where the source has the event's own id, and {{t}} or {{t+90s}} for its time";
                            faults.push(Fault::at(source.path, at + 1, "template", message, remedy));
                            continue;
                        };
                        labels.push(LabelRow {
                            event_id: filled.id.clone(),
                            // A line that does not name its actor was made by somebody else: who, the line itself says.
                            identity: if filled.names_actor { member.identity() } else { String::new() },
                            instance: inject.instance.clone(),
                            label: inject.label,
                            boundaries: inject.boundaries.clone(),
                            note: inject.template.clone(),
                            line: 0,
                        });
                        lines.push((time, text));
                    }
                }
            }
            if !faults.is_empty() {
                return Err(faults);
            }
        }
    }
    Ok((lines, labels))
}

/// Habits that are benign and belong to nothing are background: they need no rows.
pub(super) fn needs_row(label: Label, instance: &str, boundaries: &[Boundary]) -> bool {
    label != Label::Benign || !instance.is_empty() || !boundaries.is_empty()
}

/// How deep placeholders may stand in values of `vars`.
const DEPTH: u8 = 4;

struct Filled<'a> {
    inject: &'a Inject,
    member: &'a Member,
    stranger: &'a Stranger,
    n: u32,
    spelling: Spelling,
    start: Millis,
    at: Option<Millis>,
    id: String,
    has_id: bool,
    names_actor: bool,
    rng: ChaCha8Rng,
}

impl Filled<'_> {
    fn line(&mut self, line: &str) -> Result<String, (String, &'static str)> {
        self.text(line, DEPTH)
    }

    fn text(&mut self, line: &str, depth: u8) -> Result<String, (String, &'static str)> {
        let mut out = String::with_capacity(line.len() + 512);
        let mut rest = line;
        while let Some(at) = rest.find("{{") {
            out.push_str(rest.get(..at).unwrap_or_default());
            let inner = rest.get(at + 2..).unwrap_or_default();
            let Some(end) = inner.find("}}") else {
                // Two braces in a row that open nothing are JSON.
                rest = rest.get(at..).unwrap_or_default();
                break;
            };
            let name = inner.get(..end).unwrap_or_default();
            // `{{` can be JSON too: a placeholder is a word.
            if name.is_empty() || name.len() > 64 || name.contains(['"', '{', ':', ' ']) {
                out.push('{');
                rest = rest.get(at + 1..).unwrap_or_default();
                continue;
            }
            out.push_str(&self.value(name, depth)?);
            rest = inner.get(end + 2..).unwrap_or_default();
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&mut self, name: &str, depth: u8) -> Result<String, (String, &'static str)> {
        if let Some(value) = self.inject.vars.get(name) {
            if depth == 0 {
                return Err((format!("`{name}` stands in itself"), "let the values of `vars` name other placeholders"));
            }
            return self.text(value, depth - 1);
        }
        let m = self.member;
        self.names_actor |= matches!(name, "user_identity" | "canonical" | "name" | "sp" | "app" | "email" | "user" | "entity");
        Ok(match name {
            "id" => {
                self.has_id = true;
                self.id.clone()
            }
            "uuid" => uuid(&mut self.rng),
            "n" => self.n.to_string(),
            "user_identity" => user_identity(m, &seconds(self.start - self.start.rem_euclid(4 * 3_600_000))),
            "name" => m.name.clone(),
            "stem" => m.stem.clone(),
            "account" => m.account.clone(),
            "region" => m.region.clone(),
            "ip" => m.ips.first().cloned().unwrap_or_default(),
            "ua" => m.ua.clone(),
            "key" => m.key(),
            "entity" => m.entity(),
            "canonical" => m.identity(),
            "sp" => m.sp(),
            "app" => m.app(),
            "email" => m.email(),
            "user" => m.user(),
            "foreign_ip" => self.stranger.ip.clone(),
            "foreign_ua" => self.stranger.ua.into(),
            _ => return self.time(name),
        })
    }

    /// `t`, `t+90s`; `ms+90s` as epoch milliseconds.
    fn time(&mut self, name: &str) -> Result<String, (String, &'static str)> {
        let unknown = || {
            let message = format!("unknown placeholder {{{{{name}}}}}");
            (message, "use a key of `vars` or one of those that datasets/templates/README.md lists")
        };
        let (kind, delay) = name.split_once('+').map_or((name, None), |(kind, delay)| (kind, Some(delay)));
        let delay = match delay {
            None => 0,
            Some(text) => parse_duration(text).ok_or_else(unknown)?,
        };
        let at = self.start + delay;
        let text = match kind {
            "t" => self.spelling.time(at),
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
