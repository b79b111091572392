use crate::args::FactKind;
use vires_catalog::{At, Catalog, Platform};

/// Rows of one sort, all columns as text.
pub struct Facts {
    pub headings: &'static [&'static str],
    pub rows: Vec<Fact>,
}

/// One row.
pub struct Fact {
    pub platform: Option<Platform>,
    pub severity: Option<u8>,
    /// As many as there are headings.
    pub cells: Vec<String>,
}

fn word<T: ToString>(word: Option<T>) -> String {
    word.map(|w| w.to_string()).unwrap_or_default()
}

fn place(at: &At) -> String {
    format!("{}:{}", at.file, at.line)
}

fn fact(platform: Option<Platform>, severity: Option<u8>, cells: Vec<String>) -> Fact {
    Fact { platform, severity, cells }
}

/// All rows of a sort, in the order of the files.
pub fn facts(catalog: &Catalog, kind: FactKind) -> Facts {
    match kind {
        FactKind::Actions => actions(catalog),
        FactKind::Identities => identities(catalog),
        FactKind::Resources => Facts {
            headings: &["marker", "category", "severity", "data_class", "note", "at"],
            rows: catalog
                .resources()
                .iter()
                .map(|r| {
                    let (severity, class) = (r.severity.to_string(), r.data_class.to_string());
                    let cells = vec![r.marker.clone(), r.category.clone(), severity, class, r.note.clone(), place(&r.at)];
                    fact(None, Some(r.severity), cells)
                })
                .collect(),
        },
        FactKind::Tokens => Facts {
            headings: &["id", "severity", "identity", "pattern", "note", "at"],
            rows: catalog
                .tokens()
                .iter()
                .map(|t| {
                    let pattern = t.pattern.as_str().to_owned();
                    let cells =
                        vec![t.id.clone(), t.severity.to_string(), t.identity.clone(), pattern, t.note.clone(), place(&t.at)];
                    fact(None, Some(t.severity), cells)
                })
                .collect(),
        },
        FactKind::UserAgents => Facts {
            headings: &["substring", "match", "kind", "actor", "severity", "note", "at"],
            rows: catalog
                .user_agents()
                .iter()
                .map(|u| {
                    let (mode, actor) = (u.mode.to_string(), u.actor.to_string());
                    let severity = u.severity.to_string();
                    let cells = vec![u.substring.clone(), mode, u.kind.clone(), actor, severity, u.note.clone(), place(&u.at)];
                    fact(None, Some(u.severity), cells)
                })
                .collect(),
        },
        FactKind::Roles => Facts {
            headings: &["platform", "kind", "value", "name", "grant", "severity", "at"],
            rows: catalog
                .roles()
                .iter()
                .map(|r| {
                    let (platform, severity) = (r.platform.to_string(), r.severity.to_string());
                    let cells = vec![
                        platform,
                        r.kind.clone(),
                        r.value.clone(),
                        r.name.clone(),
                        r.grant.clone(),
                        severity,
                        place(&r.at),
                    ];
                    fact(Some(r.platform), Some(r.severity), cells)
                })
                .collect(),
        },
        FactKind::Networks => Facts {
            headings: &["kind", "value", "class", "name", "at"],
            rows: catalog
                .networks()
                .iter()
                .map(|n| {
                    let cells = vec![n.kind.to_string(), n.value.clone(), n.class.clone(), n.name.clone(), place(&n.at)];
                    fact(None, None, cells)
                })
                .collect(),
        },
        FactKind::Effects => Facts {
            headings: &["id", "platform", "effect", "tier", "pattern", "at"],
            rows: catalog
                .effects()
                .iter()
                .map(|e| {
                    let (effect, tier) = (e.effect.to_string(), e.effect.tier().to_string());
                    let pattern = e.pattern.as_str().to_owned();
                    fact(e.platform, None, vec![e.id.clone(), word(e.platform), effect, tier, pattern, place(&e.at)])
                })
                .collect(),
        },
        FactKind::DataNames => Facts {
            headings: &["id", "data_class", "pattern", "note", "at"],
            rows: catalog
                .data_names()
                .iter()
                .map(|d| {
                    let pattern = d.pattern.as_str().to_owned();
                    fact(None, None, vec![d.id.clone(), d.data_class.to_string(), pattern, d.note.clone(), place(&d.at)])
                })
                .collect(),
        },
        FactKind::Techniques => Facts {
            headings: &["v18", "v19", "meaning", "at"],
            rows: catalog
                .crosswalk()
                .iter()
                .map(|c| fact(None, None, vec![c.v18.clone(), c.v19.join(";"), c.meaning.clone(), place(&c.at)]))
                .collect(),
        },
    }
}

fn actions(catalog: &Catalog) -> Facts {
    let row = |a: &vires_catalog::ActionRow| {
        let cells = vec![
            a.id.clone(),
            a.platform.to_string(),
            a.class.to_string(),
            word(a.boundary),
            a.severity.to_string(),
            a.attack.join(";"),
            a.logged.to_string(),
            a.incidents.to_string(),
            a.verified_by.clone(),
            place(&a.at),
        ];
        fact(Some(a.platform), Some(a.severity), cells)
    };
    Facts {
        headings: &[
            "action",
            "platform",
            "class",
            "boundary",
            "severity",
            "attack",
            "logged",
            "incidents",
            "verified_by",
            "at",
        ],
        rows: catalog.actions().iter().map(row).collect(),
    }
}

fn identities(catalog: &Catalog) -> Facts {
    let row = |m: &vires_catalog::IdentityMarker| {
        let cells = vec![
            m.id.clone(),
            m.source.to_string(),
            m.field.join(";"),
            m.op.to_string(),
            m.pattern.as_ref().map_or_else(|| m.values.join(";"), |p| p.as_str().to_owned()),
            m.actor.to_string(),
            word(m.kind),
            m.confidence.to_string(),
            m.note.clone(),
            place(&m.at),
        ];
        fact(Some(Platform::of(m.source)), None, cells)
    };
    Facts {
        headings: &["marker", "source", "field", "op", "value", "actor", "kind", "confidence", "note", "at"],
        rows: catalog.identities().iter().map(row).collect(),
    }
}
