use super::facts::{Fact, Facts, facts};
use crate::args::{CatalogList, ListFormat};
use crate::failure::Failure;
use crate::print::print;
use crate::tag::catalog;
use anyhow::{Result, bail};
use vires_catalog::{Catalog, Platform};
use vires_report::{Table, clean, terminal_width};

/// `vires catalog list`
pub fn run(args: &CatalogList) -> Result<(), Failure> {
    let catalog = catalog(args.overlay.catalog.as_deref())?;
    let all = match args.kind {
        Some(kind) => facts(&catalog, kind),
        None => live(&catalog),
    };
    let platform = args.platform.as_deref().map(platform).transpose()?;
    let text = args.grep.as_deref().map(str::to_lowercase);
    let selected = all.rows.iter().filter(|fact| {
        platform.is_none_or(|p| fact.platform == Some(p))
            && args.min_severity.is_none_or(|least| fact.severity.is_some_and(|s| s >= least))
            && text.as_deref().is_none_or(|text| fact.cells.iter().any(|cell| cell.to_lowercase().contains(text)))
    });
    let rows: Vec<&Fact> = selected.collect();
    Ok(print(&match args.format {
        ListFormat::Table => table(all.headings, &rows),
        ListFormat::Tsv => tsv(all.headings, &rows),
        ListFormat::Json => json(all.headings, &rows),
    })?)
}

fn platform(name: &str) -> Result<Platform> {
    let Some(platform) = Platform::ALL.iter().find(|p| p.as_str() == name) else {
        let known: Vec<_> = Platform::ALL.iter().map(|p| p.as_str()).collect();
        bail!("no platform is called `{name}`; there are: {}", known.join(", "));
    };
    Ok(*platform)
}

fn live(catalog: &Catalog) -> Facts {
    let row = |l: vires_catalog::LiveRows| {
        let counts = [l.actions, l.identities, l.effects, l.roles].map(|n| n.to_string());
        let cells = [vec![l.platform.to_string()], counts.to_vec()].concat();
        Fact { platform: Some(l.platform), severity: None, cells }
    };
    Facts {
        headings: &["platform", "actions", "identities", "effects", "roles"],
        rows: catalog.live_rows().into_iter().map(row).collect(),
    }
}

fn table(headings: &[&str], rows: &[&Fact]) -> String {
    let mut table = Table::new(headings.iter().copied());
    for row in rows {
        table.push(&row.cells);
    }
    table.render(terminal_width())
}

fn tsv(headings: &[&str], rows: &[&Fact]) -> String {
    let mut out = headings.join("\t") + "\n";
    for row in rows {
        let cells: Vec<String> = row.cells.iter().map(|cell| clean(cell)).collect();
        out += &(cells.join("\t") + "\n");
    }
    out
}

fn json(headings: &[&str], rows: &[&Fact]) -> String {
    let mut out = String::new();
    for row in rows {
        let members = headings.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
        let object: serde_json::Map<_, _> = members.map(|(key, cell)| ((*key).to_owned(), cell.as_str().into())).collect();
        out += &(serde_json::Value::Object(object).to_string() + "\n");
    }
    out
}
