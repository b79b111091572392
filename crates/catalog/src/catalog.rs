use crate::builtin;
use crate::effects::Effects;
use crate::error::{CatalogError, Problem};
use crate::key;
use crate::load::{Overlay, Record, load};
use crate::platform::Platform;
use crate::rows::{
    ActionRow, Crosswalk, DataName, EffectRule, IdentityMarker, Network, ResourceMarker, RoleRow, TokenPattern, UserAgent,
};
use crate::vault::VaultPaths;
use regex::bytes::{RegexSet, RegexSetBuilder};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;
use vires_event::{Effect, Source, Tier};

/// Every fact, typed and indexed. Immutable once loaded; share it by reference between threads.
#[derive(Debug)]
pub struct Catalog {
    actions: Vec<ActionRow>,
    identities: Vec<IdentityMarker>,
    resources: Vec<ResourceMarker>,
    tokens: Vec<TokenPattern>,
    user_agents: Vec<UserAgent>,
    roles: Vec<RoleRow>,
    networks: Vec<Network>,
    effects: Vec<EffectRule>,
    crosswalk: Vec<Crosswalk>,
    data_names: Vec<DataName>,
    by_key: FxHashMap<String, u32>,
    vault: VaultPaths,
    compiled_effects: Effects,
    compiled_names: OnceLock<Option<RegexSet>>,
}

/// The names of the files, in `data/` and in an overlay.
pub(crate) const FILES: &[&str] = &[
    ActionRow::FILE,
    IdentityMarker::FILE,
    ResourceMarker::FILE,
    TokenPattern::FILE,
    UserAgent::FILE,
    RoleRow::FILE,
    Network::FILE,
    EffectRule::FILE,
    Crosswalk::FILE,
    DataName::FILE,
];

impl Catalog {
    /// The catalogue that comes with the program.
    pub fn builtin() -> Result<Catalog, CatalogError> {
        Self::build(None, Vec::new())
    }

    /// The built-in catalogue with a directory of `.tsv` files laid over it. The files have the names and columns of the built-in
    /// ones (a subset of the columns will do where a row is only changed) and may have a column `disabled`.
    ///
    /// # Errors
    /// [`CatalogError::Rows`] names every row that cannot be used, with file, line and remedy.
    pub fn with_overlay(dir: &Path) -> Result<Catalog, CatalogError> {
        let mut problems = Vec::new();
        let overlay = Overlay::read(dir, FILES, &mut problems)?;
        Self::build(Some(&overlay), problems)
    }

    fn build(overlay: Option<&Overlay>, mut problems: Vec<Problem>) -> Result<Catalog, CatalogError> {
        let p = &mut problems;
        let mut catalog = Catalog {
            actions: load(builtin::ACTIONS, overlay, p),
            identities: load(builtin::IDENTITIES, overlay, p),
            resources: load(builtin::RESOURCES, overlay, p),
            tokens: load(builtin::TOKENS, overlay, p),
            user_agents: load(builtin::USER_AGENTS, overlay, p),
            roles: load(builtin::ROLES, overlay, p),
            networks: load(builtin::NETWORKS, overlay, p),
            effects: load(builtin::EFFECTS, overlay, p),
            crosswalk: load(builtin::CROSSWALK, overlay, p),
            data_names: load(builtin::DATA_NAMES, overlay, p),
            by_key: FxHashMap::default(),
            vault: VaultPaths::default(),
            compiled_effects: Effects::new(),
            compiled_names: OnceLock::new(),
        };
        if !problems.is_empty() {
            return Err(CatalogError::Rows(problems));
        }
        catalog.index();
        Ok(catalog)
    }

    fn index(&mut self) {
        self.by_key.reserve(self.actions.len() + self.actions.len() / 8);
        for (i, row) in (0u32..).zip(&self.actions) {
            if row.platform == Platform::Vault {
                self.vault.insert(&row.action, i);
            }
            self.by_key.entry(row.key.clone()).or_insert(i);
        }
        for (i, row) in (0u32..).zip(&self.actions) {
            for alias in &row.aliases {
                self.by_key.entry(alias.clone()).or_insert(i);
            }
        }
    }

    /// Actions that matter.
    pub fn actions(&self) -> &[ActionRow] {
        &self.actions
    }

    /// Signs of what sort of identity acted.
    pub fn identities(&self) -> &[IdentityMarker] {
        &self.identities
    }

    /// Names of things worth protecting.
    pub fn resources(&self) -> &[ResourceMarker] {
        &self.resources
    }

    /// Shapes of credentials.
    pub fn tokens(&self) -> &[TokenPattern] {
        &self.tokens
    }

    /// Pieces of user agents.
    pub fn user_agents(&self) -> &[UserAgent] {
        &self.user_agents
    }

    /// Roles, policies and scopes that grant much.
    pub fn roles(&self) -> &[RoleRow] {
        &self.roles
    }

    /// Known networks.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// The ordered rules behind [`Catalog::effect`].
    pub fn effects(&self) -> &[EffectRule] {
        &self.effects
    }

    /// ATT&CK ids that changed from v18 to v19.
    pub fn crosswalk(&self) -> &[Crosswalk] {
        &self.crosswalk
    }

    /// Name patterns that tell a target's data class.
    pub fn data_names(&self) -> &[DataName] {
        &self.data_names
    }

    /// The sensitive action that a request was, if it is one. `action` is spelled as in the contract; for Vault it is the
    /// operation (`vault:read`) and `vault_path` the request path, of which the most specific row wins.
    ///
    /// A Kubernetes subresource is its own action: `create pods/exec` never falls back to `create pods`.
    pub fn action(&self, source: Source, action: &str, vault_path: Option<&str>) -> Option<&ActionRow> {
        let index = if source == Source::Vault || vault_path.is_some() {
            let operation = action.get(..6).filter(|p| p.eq_ignore_ascii_case("vault:")).and(action.get(6..)).unwrap_or(action);
            match (vault_path, operation.split_once(' ')) {
                (Some(path), _) => self.vault.find(operation, path)?,
                (None, Some((operation, path))) => self.vault.find(operation, path)?,
                (None, None) => self.find(action)?,
            }
        } else {
            self.find(action)?
        };
        self.actions.get(index as usize)
    }

    fn find(&self, action: &str) -> Option<u32> {
        key::with_key(action, |key| self.by_key.get(key).copied())?
    }

    /// What an action does, from the ordered rules of its platform; `Discover` for a name that begins like a read, else `Write`.
    /// Slow (a set of regular expressions): remember the answer. Where more than the action decides, see [`Catalog::effect_at`].
    pub fn effect(&self, source: Source, action: &str) -> Effect {
        match key::with_key(action, |key| key.starts_with("k8s:").then(|| key.to_owned())).flatten() {
            // Kubernetes requests that GKE logged in its own spelling follow Kubernetes' rules.
            Some(key) if source != Source::Kubernetes => self.compiled_effects.of(&self.effects, Source::Kubernetes, &key),
            _ => self.compiled_effects.of(&self.effects, source, action),
        }
    }

    /// [`Catalog::effect`] where something else decides as much as the action: Vault's path, a command line (the activity's `detail`).
    pub fn effect_at(&self, source: Source, action: &str, detail: Option<&str>) -> Effect {
        match detail {
            Some(detail) => self.compiled_effects.of(&self.effects, source, &format!("{action} {detail}")),
            None => self.effect(source, action),
        }
    }

    /// The most severity that is left of an action by what else its record says of it, if that takes it out of the highest tier: to block
    /// the public has the name of an opening, and is none.
    pub fn most_severity(&self, source: Source, action: &str, detail: Option<&str>) -> Option<u8> {
        const TONED_DOWN: u8 = 2;
        const HIGHEST: Tier = 4;
        let tier = |detail| self.effect_at(source, action, detail).tier();
        (detail.is_some() && tier(None) == HIGHEST && tier(detail) < HIGHEST).then_some(TONED_DOWN)
    }

    /// A row's severity in view of the record: one higher where its `raise_if` holds. For `get` see [`crate::Condition::eval`].
    pub fn severity<'a>(&self, row: &ActionRow, get: &mut dyn FnMut(&str) -> Option<Cow<'a, str>>) -> u8 {
        match &row.raise_if {
            Some(condition) if condition.eval(&self.roles, get) => row.raised(),
            _ => row.severity,
        }
    }

    /// The highest data class that the name patterns give a target's name; `None` where no pattern knows it.
    pub fn data_class_of_name(&self, name: &str) -> Option<u8> {
        let set = self.compiled_names.get_or_init(|| {
            let patterns = self.data_names.iter().map(|d| d.pattern.as_str());
            RegexSetBuilder::new(patterns).case_insensitive(true).unicode(false).build().ok()
        });
        let mut end = name.len().min(1024);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let name = name.get(..end).unwrap_or_default();
        match set {
            Some(set) => set.matches(name.as_bytes()).iter().filter_map(|i| self.data_names.get(i)).map(|d| d.data_class).max(),
            None => self.data_names.iter().filter(|d| d.pattern.regex().is_match(name)).map(|d| d.data_class).max(),
        }
    }

    /// The ATT&CK v19 ids of a v18 id; the id itself where it has not changed.
    pub fn technique_v19<'a>(&'a self, v18: &'a str) -> Vec<&'a str> {
        match self.crosswalk.iter().find(|c| c.v18 == v18) {
            Some(row) => row.v19.iter().map(String::as_str).collect(),
            None => vec![v18],
        }
    }
}
