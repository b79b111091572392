use super::csv::{Table, csv};
use super::{RunFile, html, junit, markdown, table};
use crate::evaluate::Evaluation;
use std::path::Path;

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The screen
    Table,
    /// Schema vires-run/1
    Json,
    /// metrics.csv
    Csv,
    /// Markdown
    Md,
    /// One self-contained page
    Html,
    /// JUnit XML
    Junit,
}

/// Where a report goes and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A form by name.
    Whole(Format),
    /// One table.
    Csv(Table),
}

/// The form that a file's name asks for.
///
/// # Errors
/// If the ending is none of those that are known; the text says which are.
pub fn form_of(path: &Path) -> Result<Form, String> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    Ok(match ending.as_deref() {
        Some("json") => Form::Whole(Format::Json),
        Some("md") => Form::Whole(Format::Md),
        Some("html") => Form::Whole(Format::Html),
        Some("xml") => Form::Whole(Format::Junit),
        Some("txt") => Form::Whole(Format::Table),
        Some("csv") => {
            let stem = path.file_stem().map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            let other = match stem.as_str() {
                "ablation" => Some("harness ablate"),
                "sweep" => Some("harness sweep"),
                "exceptions" | "governance" | "identities" | "findings" | "profile_drift" => Some("vires report"),
                _ => None,
            };
            if let Some(other) = other {
                return Err(format!("{}: `{other}` writes this table", path.display()));
            }
            Form::Csv(Table::of_name(&stem).unwrap_or(Table::Metrics))
        }
        _ => {
            return Err(format!(
                "{}: cannot tell the format; let the name end in .json, .csv, .md, .html, .xml or .txt",
                path.display()
            ));
        }
    })
}

/// The report in one form.
pub fn render(evaluation: &Evaluation, form: Form) -> anyhow::Result<String> {
    Ok(match form {
        Form::Csv(table) => csv(evaluation, table),
        Form::Whole(Format::Table) => table(evaluation),
        Form::Whole(Format::Json) => RunFile::new(evaluation).to_text()?,
        Form::Whole(Format::Csv) => csv(evaluation, Table::Metrics),
        Form::Whole(Format::Md) => markdown(evaluation),
        Form::Whole(Format::Html) => html(evaluation),
        Form::Whole(Format::Junit) => junit(evaluation)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_form() {
        for (name, want) in [
            ("x/run.json", Form::Whole(Format::Json)),
            ("r.MD", Form::Whole(Format::Md)),
            ("r.html", Form::Whole(Format::Html)),
            ("r.xml", Form::Whole(Format::Junit)),
            ("out/cases.csv", Form::Csv(Table::Cases)),
            ("instances.csv", Form::Csv(Table::Instances)),
            ("unmapped.csv", Form::Csv(Table::Unmapped)),
            ("anything.csv", Form::Csv(Table::Metrics)),
        ] {
            assert_eq!(form_of(Path::new(name)), Ok(want), "{name}");
        }
        assert!(form_of(Path::new("report")).unwrap_err().contains("let the name end in"));
        assert!(form_of(Path::new("governance.csv")).unwrap_err().contains("vires report"));
        assert!(form_of(Path::new("ablation.csv")).unwrap_err().contains("harness ablate"));
    }
}
