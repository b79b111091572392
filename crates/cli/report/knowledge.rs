//! What the catalogue knows of actions and roles, for the access review.

use std::collections::BTreeMap;
use vires_catalog::{Catalog, Logged};
use vires_profile::globs::{Glob, fold};
use vires_report::access::Knowledge;
use vires_report::standards::Attack;

/// The catalogue, by name.
pub struct Known {
    logged: BTreeMap<String, bool>,
    broad: BTreeMap<String, String>,
    /// Sensitive actions, the gravest first.
    grave: Vec<(u8, String)>,
}

/// From this severity on an action is worth naming.
const GRAVE: u8 = 4;

impl Known {
    pub fn of(catalog: &Catalog) -> Self {
        let logged = catalog.actions().iter().map(|row| (fold(&row.id).into_owned(), row.logged == Logged::Default)).collect();
        let mut broad = BTreeMap::new();
        for role in catalog.roles() {
            let what = role.grant.replace('_', " ");
            // Exports name the provider's own policies by ARN or by the last part of it.
            let short = role.value.rsplit_once('/').filter(|(arn, _)| arn.starts_with("arn:aws:iam::aws:policy"));
            let names = [Some(&*role.value), Some(&*role.name), short.map(|(_, name)| name)];
            for name in names.into_iter().flatten().filter(|name| !name.is_empty()) {
                broad.insert(fold(name).into_owned(), what.clone());
            }
        }
        let grave = catalog.actions().iter().filter(|row| row.severity >= GRAVE).map(|row| (row.severity, row.id.clone()));
        let mut grave: Vec<(u8, String)> = grave.collect();
        grave.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
        Known { logged, broad, grave }
    }
}

impl Knowledge for Known {
    fn logged(&self, action: &str) -> Option<bool> {
        self.logged.get(&*fold(action)).copied()
    }

    fn broad(&self, role: &str) -> Option<String> {
        let name = role.strip_prefix("ClusterRole ").unwrap_or(role);
        self.broad.get(&*fold(name)).cloned()
    }

    fn sensitive(&self, pattern: &str, most: usize) -> Vec<String> {
        let glob = Glob::new(pattern);
        self.grave.iter().filter(|(_, action)| glob.matches(action)).take(most).map(|(_, action)| action.clone()).collect()
    }
}

/// The version of ATT&CK in which techniques are printed.
pub fn attack(catalog: &Catalog, version: u8) -> Attack {
    match version {
        19 => Attack::v19(catalog.crosswalk().iter().map(|row| (row.v18.clone(), row.v19.clone()))),
        _ => Attack::v18(),
    }
}
