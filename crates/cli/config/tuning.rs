//! The judge's tuning as a part of the configuration file: the tables `[tuning]` and `[tuning.…]`.

use anyhow::Result;
use vires_judge::Tuning;
use vires_judge::tuning::DEFAULT_TOML;

const SCHEMA: &str = "schema = \"vires-tuning/1\"";

/// The tuning inside a configuration file, as a tuning file whose lines stand where they stand in the configuration.
pub fn extract(text: &str) -> Option<String> {
    let (mut out, mut inside, mut any, mut headed) = (String::new(), false, false, false);
    for line in text.lines() {
        if let Some(table) = line.trim().strip_prefix('[') {
            let name = table.split(']').next().unwrap_or_default().trim();
            inside = name == "tuning" || name.starts_with("tuning.");
            if inside {
                any = true;
                match name.strip_prefix("tuning.") {
                    None => out.push_str(SCHEMA),
                    // The schema must come first, and there may be no line of its own for it.
                    Some(name) if headed => out.push_str(&format!("[{name}]")),
                    Some(name) => out = prefixed(&out) + &format!("[{name}]"),
                }
                headed = true;
            }
        } else if inside {
            out.push_str(line);
        }
        out.push('\n');
    }
    any.then_some(out)
}

/// Blank lines of which the first holds the schema, or the schema on a line of its own.
fn prefixed(blank: &str) -> String {
    format!("{SCHEMA}\n{}", blank.strip_prefix('\n').unwrap_or(blank))
}

/// A tuning with the description of each knob: as a file of its own, or as the tables of a configuration file.
pub fn show(tuning: &Tuning, inside: bool) -> Result<String> {
    let values = toml::Table::try_from(tuning)?;
    let defaults = toml::Table::try_from(Tuning::default())?;
    let (mut out, mut section) = (String::new(), String::new());
    for line in DEFAULT_TOML.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            section = name.to_owned();
            let prefix = if inside { "tuning." } else { "" };
            out += &format!("[{prefix}{name}]\n");
            continue;
        }
        if inside && line.starts_with("schema") {
            out += "[tuning]\n";
            continue;
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        let of = |table: &toml::Table| match section.as_str() {
            "" => table.get(key).cloned(),
            section => table.get(section).and_then(|s| s.get(key)).cloned(),
        };
        match (of(&values), of(&defaults)) {
            (Some(value), Some(default)) if value != default && !line.starts_with('#') => {
                let comment = line.find(" #").map_or("", |at| line.get(at..).unwrap_or_default());
                out += format!("{:<32}{comment}", format!("{key} = {value}")).trim_end();
                out.push('\n');
            }
            _ => out += &format!("{line}\n"),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed() -> Tuning {
        let text = "schema = \"vires-tuning/1\"\nname = \"mine\"\n[window]\nlate = \"3m\"\n[sensitivity]\naction = [0.1, 0.1, 0.2, 0.3, 0.4]\n[boundaries]\ndata = false\n";
        Tuning::from_toml(text, "mine.toml").unwrap()
    }

    #[test]
    fn what_is_shown_is_what_is_in_force() {
        for tuning in [Tuning::default(), changed()] {
            let own = show(&tuning, false).unwrap();
            assert_eq!(Tuning::from_toml(&own, "x.toml").unwrap(), tuning, "{own}");
            let inside = format!("schema = \"vires-config/1\"\n\n[run]\nthreads = 2\n\n{}", show(&tuning, true).unwrap());
            let found = extract(&inside).unwrap();
            assert_eq!(Tuning::from_toml(&found, "x.toml").unwrap(), tuning, "{found}");
        }
    }

    #[test]
    fn mistakes_keep_their_line() {
        for (text, line) in [
            ("schema = \"vires-config/1\"\n[run]\nstats = true\n\n[tuning]\n[tuning.window]\nlaet = \"1m\"\n", 7),
            ("\n[tuning.window]\nlaet = \"1m\"\n", 3),
            ("[tuning]\n[tuning.window]\nlaet = \"1m\"\n[tag]\n", 3),
        ] {
            let error = Tuning::from_toml(&extract(text).unwrap(), "vires.toml").unwrap_err().to_string();
            assert!(error.starts_with(&format!("vires.toml:{line}:")) && error.contains("laet"), "{error}");
        }
        assert_eq!(extract("[run]\n"), None);
    }
}
