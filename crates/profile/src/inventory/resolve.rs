//! From an identity to its workload, without looking at all of them.

use super::principal::{forms, logins};
use super::workload::Workload;
use crate::globs::{Glob, GlobIndex, fold};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A workload's place in its inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadIndex(pub u32);

#[derive(Debug, Clone, Default)]
pub(super) struct Resolver {
    exact: FxHashMap<Box<str>, WorkloadIndex>,
    /// `<namespace>:<service account>` for principals that leave the cluster open.
    any_cluster: FxHashMap<Box<str>, WorkloadIndex>,
    globs: GlobIndex<WorkloadIndex>,
}

/// `<namespace>:<service account>` of the Kubernetes service account that stands behind an identity of a cloud: a cluster's token is how
/// pods come to their roles there.
fn service_account(id: &str) -> Option<&str> {
    const MARK: &str = "system:serviceaccount:";
    let account = match id.strip_prefix("gcp:wif:") {
        // <project number>:<pool>:<subject>
        Some(rest) => rest.splitn(3, ':').nth(2)?.strip_prefix(MARK)?,
        // <account>/<issuer>/<subject>; other subjects are made of parts as well, into which somebody might write this mark.
        None => {
            let (issuer, account) = id.strip_prefix("aws:federated/")?.split_once(MARK)?;
            (issuer.ends_with('/') && !issuer.contains(':')).then_some(account)?
        }
    };
    let (namespace, name) = account.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains([':', '/'])).then_some(account)
}

/// A form that two workloads claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    pub form: String,
    pub first: WorkloadIndex,
    pub second: WorkloadIndex,
    pub line: usize,
}

impl Resolver {
    /// Of two workloads that claim the same form the first keeps it; the clash is reported.
    pub fn new(workloads: &[Workload]) -> (Self, Vec<Clash>) {
        let mut resolver = Resolver::default();
        let mut clashes = Vec::new();
        let mut claimed: FxHashMap<Box<str>, WorkloadIndex> = FxHashMap::default();
        for (number, workload) in (0u32..).zip(workloads) {
            let index = WorkloadIndex(number);
            for principal in &workload.principals {
                for form in forms(&principal.text) {
                    match claimed.get(form.as_str()) {
                        Some(first) if *first == index => {}
                        Some(first) => clashes.push(Clash { form, first: *first, second: index, line: principal.line }),
                        None => {
                            resolver.insert(&form, index);
                            claimed.insert(form.into(), index);
                        }
                    }
                }
            }
        }
        resolver.insert_logins(workloads, &claimed);
        (resolver, clashes)
    }

    /// Lets the accounts of that login lead to a workload that lists a bare name, unless another one claims the name or the account.
    fn insert_logins(&mut self, workloads: &[Workload], claimed: &FxHashMap<Box<str>, WorkloadIndex>) {
        let mut may: BTreeMap<String, Option<WorkloadIndex>> = BTreeMap::new();
        for (number, workload) in (0u32..).zip(workloads) {
            let index = WorkloadIndex(number);
            for account in workload.principals.iter().filter_map(|p| logins(&p.text)).flatten() {
                may.entry(account).and_modify(|one| *one = one.filter(|one| *one == index)).or_insert(Some(index));
            }
        }
        for (account, index) in may {
            let others = self.globs.best(&account).is_some_and(|(_, other)| Some(other) != index);
            if let Some(index) = index.filter(|_| !others && !claimed.contains_key(account.as_str())) {
                self.exact.insert(account.into(), index);
            }
        }
    }

    fn insert(&mut self, form: &str, index: WorkloadIndex) {
        if let Some(account) = form.strip_prefix("k8s:*:").filter(|rest| !rest.contains('*')) {
            self.any_cluster.insert(account.into(), index);
        } else if form.contains('*') {
            self.globs.insert(Glob::new(form), index);
        } else {
            self.exact.insert(form.into(), index);
        }
    }

    /// Lets a further name of an identity lead to its workload.
    pub fn also(&mut self, name: &str, index: WorkloadIndex) {
        self.exact.entry(fold(name.trim()).into()).or_insert(index);
    }

    pub fn resolve(&self, id: &str, raw: Option<&str>) -> Option<WorkloadIndex> {
        let id = id.trim();
        let raw = raw.map(str::trim).filter(|raw| !raw.is_empty() && *raw != id);
        self.literal(&fold(id))
            .or_else(|| raw.and_then(|raw| self.literal(&fold(raw))))
            .or_else(|| self.by_form(id))
            .or_else(|| raw.and_then(|raw| self.by_form(raw)))
            .or_else(|| self.glob(id, raw))
            .or_else(|| self.any_cluster.get(&*fold(service_account(id)?)).copied())
    }

    fn literal(&self, id: &str) -> Option<WorkloadIndex> {
        self.exact.get(id).copied().or_else(|| self.in_any_cluster(id))
    }

    /// `k8s:<cluster>:<namespace>:<account>`; a cluster's name may contain colons.
    fn in_any_cluster(&self, id: &str) -> Option<WorkloadIndex> {
        let rest = id.strip_prefix("k8s:")?;
        let account = rest.rfind(':')?;
        let namespace = rest.get(..account)?.rfind(':')?;
        self.any_cluster.get(rest.get(namespace + 1..)?).copied()
    }

    /// Looks up a raw principal (an ARN, say) by the canonical ids it stands for.
    fn by_form(&self, text: &str) -> Option<WorkloadIndex> {
        forms(text).iter().skip(1).find_map(|form| match form.strip_prefix("k8s:*:") {
            // A user name without its cluster: only a principal that leaves the cluster open as well speaks of it.
            Some(account) => self.any_cluster.get(account).copied(),
            None => self.literal(form),
        })
    }

    fn glob(&self, id: &str, raw: Option<&str>) -> Option<WorkloadIndex> {
        let mut best: Option<(usize, WorkloadIndex)> = None;
        let mut consider = |text: &str| {
            if let Some((glob, index)) = self.globs.best(text)
                && best.is_none_or(|(specificity, _)| glob.specificity() > specificity)
            {
                best = Some((glob.specificity(), index));
            }
        };
        if self.globs.is_empty() {
            return None;
        }
        consider(id);
        for form in forms(id).iter().skip(1) {
            consider(form);
        }
        for form in raw.map(forms).unwrap_or_default() {
            consider(&form);
        }
        best.map(|(_, index)| index)
    }
}
