//! Everything with a regular expression: it compiles, it matches something, and no earlier row takes all it matches.

use crate::catalog::Catalog;
use crate::error::Problem;
use crate::pattern::Pattern;
use crate::platform::Platform;
use crate::rows::{Checksum, Scan, TokenKind, TokenPattern};
use crate::table::At;
use regex_syntax::hir::{Class, Hir, HirKind};

pub(super) fn check(catalog: &Catalog, found: &mut Vec<Problem>) {
    for token in catalog.tokens() {
        if compiles(&token.pattern, &token.at, found) {
            self::token(token, found);
        }
    }
    for marker in catalog.identities() {
        if let Some(pattern) = &marker.pattern {
            compiles(pattern, &marker.at, found);
        }
    }
    for name in catalog.data_names() {
        compiles(&name.pattern, &name.at, found);
    }
    for rule in catalog.effects() {
        compiles(&rule.pattern, &rule.at, found);
    }
    shadowed_effects(catalog, found);
}

fn compiles(pattern: &Pattern, at: &At, found: &mut Vec<Problem>) -> bool {
    match pattern.check() {
        Ok(()) => true,
        Err((message, remedy)) => {
            found.push(at.problem(message, remedy));
            false
        }
    }
}

fn token(token: &TokenPattern, found: &mut Vec<Problem>) {
    let mut refuse = |message: String, remedy: &str| found.push(token.at.problem(message, remedy));
    if token.regex().captures_len() < 2 {
        refuse(format!("`{}` has no group", token.id), "put the credential itself in a group: (AKIA[A-Z2-7]{16})");
    }
    if token.scan == Scan::Always {
        for literal in token.literals.iter().filter(|l| l.len() < 4) {
            let selective = !literal.bytes().all(|b| b.is_ascii_alphanumeric());
            if !selective || literal.len() < 3 {
                refuse(
                    format!("the literal `{literal}` is too common to scan for"),
                    "lengthen it, or set `scan` to field_only",
                );
            }
        }
    }
    let literals: Vec<String> = token.literals.iter().map(|l| l.to_ascii_lowercase()).collect();
    match samples(token.pattern.as_str()) {
        Some(samples) => {
            for sample in samples.iter().map(|s| s.to_ascii_lowercase()) {
                if !literals.iter().any(|l| sample.contains(l.as_str())) {
                    refuse(
                        format!("`{}` matches text without any of its literals", token.id),
                        "list a literal for every branch of the regex",
                    );
                    break;
                }
            }
            for literal in &literals {
                if !samples.iter().any(|s| s.to_ascii_lowercase().contains(literal.as_str())) {
                    refuse(format!("the regex of `{}` never matches the literal `{literal}`", token.id), "remove the literal");
                }
            }
        }
        None => refuse(format!("the regex of `{}` is too rich to check against its literals", token.id), "simplify it"),
    }
    if token.checksum != Checksum::None && token.kind == TokenKind::Suppress {
        refuse(format!("`{}` suppresses and has a checksum", token.id), "remove the checksum");
    }
}

/// More branches than this are not followed.
const MAX_SAMPLES: usize = 4096;

/// One text for every branch of a pattern: each alternative is taken, each repetition once or as short as allowed, each class by one
/// character, or by all of them where they are few. `None` where that explodes.
fn samples(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    grow(&hir)
}

fn grow(hir: &Hir) -> Option<Vec<String>> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(class) => members(class),
        HirKind::Capture(capture) => grow(&capture.sub)?,
        HirKind::Repetition(repetition) => {
            let mut out = grow(&repetition.sub)?;
            if repetition.min > 1 {
                // Repeated, a class is filler: no literal depends on which of its characters comes.
                out.truncate(1);
                out = out.iter().map(|s| s.repeat(repetition.min.min(64) as usize)).collect();
            }
            if repetition.min == 0 {
                out.push(String::new());
            }
            out
        }
        HirKind::Concat(parts) => {
            let mut out = vec![String::new()];
            for part in parts {
                let tails = grow(part)?;
                if out.len() * tails.len() > MAX_SAMPLES {
                    return None;
                }
                out = out.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}"))).collect();
            }
            out
        }
        HirKind::Alternation(branches) => {
            let mut out = Vec::new();
            for branch in branches {
                out.extend(grow(branch)?);
            }
            if out.len() > MAX_SAMPLES {
                return None;
            }
            out
        }
    })
}

/// Classes up to this size stand for spellings, each of which is followed; larger ones for filler, one character of which will do.
const SPELLINGS: usize = 10;

fn members(class: &Class) -> Vec<String> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let all = ranges.iter().flat_map(|(from, to)| *from..=*to).filter(char::is_ascii);
    let mut spellings: Vec<String> = all.clone().take(SPELLINGS + 1).map(|c| c.to_lowercase().to_string()).collect();
    spellings.sort();
    spellings.dedup();
    if all.clone().nth(SPELLINGS).is_none() && spellings.iter().all(|s| s.chars().all(char::is_alphanumeric)) {
        return spellings;
    }
    let holds = |wanted: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&wanted));
    // A blank and a letter read best; anything will do.
    let filler = [' ', 'a', 'A', '0'].into_iter().find(|c| holds(*c)).or(ranges.first().map(|r| r.0));
    filler.map(String::from).into_iter().collect()
}

/// A rule is out of reach when it stands behind a rule of its platform that matches everything, or repeats an earlier pattern.
fn shadowed_effects(catalog: &Catalog, found: &mut Vec<Problem>) {
    for (i, rule) in catalog.effects().iter().enumerate() {
        let earlier = catalog.effects().iter().take(i).filter(|r| r.platform == rule.platform);
        for other in earlier {
            if other.id == rule.id {
                found.push(rule.at.problem(format!("the id `{}` stands on line {} too", rule.id, other.at.line), "rename one"));
            }
            if other.pattern.as_str() == rule.pattern.as_str()
                || matches!(other.pattern.as_str(), "^" | "" | ".*" | "^.*$" | "^.*")
            {
                found.push(rule.at.problem(
                    format!("`{}` is out of reach behind `{}`", rule.id, other.id),
                    "move it up or remove it: the first match wins",
                ));
            }
        }
        let own_prefix = rule.platform.and_then(Platform::prefix);
        if let Some(prefix) = own_prefix
            && rule.pattern.as_str() != "^"
            && !samples(rule.pattern.as_str()).is_none_or(|s| s.iter().all(|s| fits_prefix(s, prefix)))
        {
            found.push(rule.at.problem(
                format!("`{}` matches texts that do not start with `{prefix}:`", rule.id),
                format!("begin the regex with ^{prefix}:"),
            ));
        }
    }
}

fn fits_prefix(sample: &str, prefix: &str) -> bool {
    sample.split_once(':').is_some_and(|(head, _)| head.eq_ignore_ascii_case(prefix))
}
