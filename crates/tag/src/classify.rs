//! From an opened line to its [`Tags`].

use crate::field::{member, said};
use crate::hide::Secrets;
use crate::identity::Identities;
use crate::leak::{LEAD, Leak, Leaks};
use crate::literals::Literals;
use crate::memo::{ActionFacts, Clean, Memo};
use crate::resource::{Marker, Resources, Texts};
use crate::tags::{Problem, REPORTED, Sensitive, TELLING, Tags};
use aho_corasick::BuildError;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use vires_catalog::{Catalog, TokenKind, TokenPattern, UserAgent};
use vires_event::{Activity, Actor, Effect, Identity, Source, Target, Text, mask};
use vires_source::json::Value;
use vires_source::{Opened, Shape};

/// A catalogue compiled for matching: built once, shared by all threads.
#[derive(Debug)]
pub struct Classifier {
    catalog: Arc<Catalog>,
    identities: Identities,
    resources: Resources,
    leaks: Leaks,
    /// Telling pieces of user agents, and the row of each.
    agents: (Literals, Vec<u16>),
}

/// Markers and leaks beyond this many are not collected: the object could not hold them anyway.
const MAX_FOUND: usize = 24;

impl Classifier {
    /// Compiles a catalogue.
    ///
    /// # Errors
    /// When its literals are too many or too large for the automata.
    pub fn new(catalog: &Arc<Catalog>) -> Result<Self, BuildError> {
        Ok(Classifier {
            identities: Identities::new(catalog),
            resources: Resources::new(catalog)?,
            leaks: Leaks::new(catalog)?,
            agents: telling_agents(catalog)?,
            catalog: Arc::clone(catalog),
        })
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Classifies one opened line.
    pub fn classify<'a>(&'a self, opened: &Opened<'a>, memo: &mut Memo) -> Tags<'a> {
        let mut tags = match &opened.activity {
            Some(activity) => self.of_activity(activity, opened.record, memo),
            None => Tags::failed(match opened.shape {
                Shape::Object(object) if wraps_text(object) => Problem::NotJson,
                Shape::Object(_) | Shape::NativeLog(_) => Problem::UnknownSource,
                Shape::Text => Problem::NotJson,
            }),
        };
        if !opened.valid_utf8 && tags.error != Some(Problem::NotJson) {
            tags.error = Some(Problem::InvalidUtf8);
        }
        (tags.leaks, tags.secrets) = self.leaks_of(opened, tags.source, &mut memo.clean);
        tags.hide_secrets();
        tags
    }

    /// Machine, human or undecided, as far as it does not rest on what a caller chooses: what the session is called, and what the
    /// tool says that it is.
    pub fn unchosen_actor<'a>(&self, activity: &mut Activity<'a>, record: Option<Value<'a>>, memo: &mut Memo) -> Actor {
        let chosen = (activity.session.take(), activity.origin.user_agent.take());
        let decision = self.identities.decide(activity, record, memo);
        (activity.session, activity.origin.user_agent) = chosen;
        decision.actor
    }

    fn of_activity<'a>(&'a self, activity: &Activity<'a>, record: Option<Value<'a>>, memo: &mut Memo) -> Tags<'a> {
        let decision = self.identities.decide(activity, record, memo);
        let vault_path = vault_path(activity);
        let facts = self.facts(activity, vault_path, memo);
        let sensitive = facts.row.and_then(|row| self.catalog.actions().get(row as usize)).map(|row| Sensitive {
            class: row.class,
            severity: self
                .catalog
                .severity(row, &mut |path| record.and_then(|r| member(r, path)).and_then(said))
                .min(facts.most.unwrap_or(u8::MAX)),
            boundary: row.boundary,
            attack: &row.attack,
        });
        let agent = activity.origin.user_agent.as_deref();
        let (markers, named_class) = self.markers(&activity.targets, &activity.mentions, agent, &mut memo.texts);
        let has_action = !activity.action.is_empty();
        let data_class = match facts.effect {
            Effect::SecretRead if has_action => Some(3),
            _ => self.data_class(named_class, activity.targets.first().map(|target| &*target.name)),
        };
        Tags {
            source: Some(activity.source),
            actor: activity.identity.as_ref().map(|_| decision.actor),
            kind: activity.identity.as_ref().and(decision.kind),
            id: activity.identity.as_ref().map(|i| self.redact_id(i, memo)),
            credential: activity.credential.as_ref().and_then(|c| c.id.as_deref()).map(mask),
            action: has_action
                .then(|| if facts.hides { self.redact(activity.action.clone()) } else { activity.action.clone() }),
            effect: has_action.then_some(facts.effect),
            sensitive,
            target: activity.targets.first().map(|t| self.redact(t.name.clone())),
            data_class,
            markers,
            leaks: Vec::new(),
            outcome: activity.outcome,
            error: None,
            secrets: Secrets::default(),
        }
    }

    fn facts(&self, activity: &Activity<'_>, vault_path: Option<&str>, memo: &mut Memo) -> ActionFacts {
        memo.key.clear();
        memo.key.push(activity.source as u8);
        memo.key.extend_from_slice(activity.action.as_bytes());
        // What else the request is known as can add a row, so it belongs to the key.
        for more in vault_path.into_iter().chain(activity.also.iter().map(|a| &**a)) {
            memo.key.push(0xff);
            memo.key.extend_from_slice(more.as_bytes());
        }
        if let Some(detail) = &activity.detail {
            memo.key.push(0xfe);
            memo.key.extend_from_slice(detail.as_bytes());
        }
        memo.actions.get_or(&memo.key, || self.look_up(activity, vault_path))
    }

    fn look_up(&self, activity: &Activity<'_>, vault_path: Option<&str>) -> ActionFacts {
        let spellings = std::iter::once(&activity.action).chain(&activity.also);
        let row = spellings.filter_map(|action| self.catalog.action(activity.source, action, vault_path)).next();
        ActionFacts {
            row: row.and_then(|row| self.catalog.actions().iter().position(|r| std::ptr::eq(r, row))).map(|n| n as u32),
            effect: self.catalog.effect_at(activity.source, &activity.action, vault_path.or(activity.detail.as_deref())),
            most: self.catalog.most_severity(activity.source, &activity.action, activity.detail.as_deref()),
            hides: self.has_shape(&activity.action),
        }
    }

    /// Markers in resource fields and in the user agent; and the class of the data that markers in targets tell.
    pub(crate) fn markers<'a>(
        &'a self,
        targets: &[Target<'_>],
        mentions: &[Text<'_>],
        agent: Option<&str>,
        buffers: &mut Texts,
    ) -> (Vec<(Cow<'a, str>, u8)>, Option<u8>) {
        let mut found: Vec<(Cow<'a, str>, u8)> = Vec::new();
        let mut add = |name: &'a str, severity: u8| {
            if severity >= REPORTED && found.len() < MAX_FOUND && !found.iter().any(|(n, _)| n == name) {
                found.push((Cow::Borrowed(name), severity));
            }
        };
        let mut class: Option<u8> = None;
        let texts = targets.iter().map(|target| bare(&target.name)).chain(mentions.iter().map(|mention| &**mention));
        self.resources.scan(texts, buffers, |number, marker| {
            add(marker.name(), marker.severity());
            if let Marker::Name(row) = marker
                && number < targets.len()
            {
                class = class.max(Some(row.data_class));
            }
        });
        if let Some(agent) = agent {
            self.marks(agent, |row| add(&row.substring, row.severity));
        }
        found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        (found, class)
    }

    fn marks<'a>(&'a self, agent: &str, mut mark: impl FnMut(&'a UserAgent)) {
        self.agents.0.scan(agent.as_bytes(), |index, _| {
            let row = &self.catalog.user_agents()[usize::from(self.agents.1[index])];
            if row.matches(agent) {
                mark(row);
            }
        });
    }

    /// True if a user agent has marks of its own.
    pub(crate) fn is_marked(&self, agent: &str) -> bool {
        let mut any = false;
        self.marks(agent, |_| any = true);
        any
    }

    /// The class of what a request touches: what markers tell, or what the target's name does.
    pub(crate) fn data_class(&self, by_marker: Option<u8>, target: Option<&str>) -> Option<u8> {
        by_marker.max(target.and_then(|name| self.catalog.data_class_of_name(bare(name))))
    }

    /// The row of an activity's action, if its severity depends on the record.
    pub(crate) fn condition(&self, activity: &Activity<'_>, memo: &mut Memo) -> Option<u32> {
        let number = self.facts(activity, vault_path(activity), memo).row?;
        let row = self.catalog.actions().get(number as usize)?;
        (row.raise_if.is_some() && row.raised() != row.severity).then_some(number)
    }

    /// How grave a request may be: the lowest and the highest severity of its action, whatever else the record says; 0 if it is none of
    /// the catalogue's.
    pub(crate) fn severities(&self, request: &Activity<'_>) -> (u8, u8) {
        let row = self.look_up(request, None).row.and_then(|row| self.catalog.actions().get(row as usize));
        row.map_or((0, 0), |row| (row.severity, if row.raise_if.is_some() { row.raised() } else { row.severity }))
    }

    /// The severity of a row's action in a record; 0 if there is no such row.
    pub(crate) fn severity(&self, row: u32, record: Value<'_>) -> u8 {
        let row = self.catalog.actions().get(row as usize);
        row.map_or(0, |row| self.catalog.severity(row, &mut |path| member(record, path).and_then(said)))
    }

    /// The names that are looked for in resource fields.
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Calls `read` with every member of a record that the severity of a row's action depends on.
    pub(crate) fn condition_reads<'a>(&self, row: u32, record: Value<'a>, mut read: impl FnMut(Value<'a>)) {
        if let Some(row) = self.catalog.actions().get(row as usize) {
            self.catalog.severity(row, &mut |path| {
                let value = member(record, path)?;
                read(value);
                said(value)
            });
        }
    }

    /// What gives credentials away.
    pub(crate) fn leaks(&self) -> &Leaks {
        &self.leaks
    }

    /// Replaces credentials in a name.
    pub fn redact<'a>(&self, name: Text<'a>) -> Text<'a> {
        let mut spans: Vec<(Range<usize>, &str)> = Vec::new();
        self.leaks.shapes(&name, |leak| {
            spans.push((with_body(&name, leak.span), &leak.pattern.id));
        });
        if spans.is_empty() {
            return name;
        }
        spans.sort_unstable_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut out = String::with_capacity(name.len());
        let mut done = 0;
        for (span, kind) in spans {
            if span.start >= done {
                out.push_str(&name[done..span.start]);
                out.push_str("[redacted:");
                out.push_str(kind);
                out.push(']');
                done = span.end;
            }
        }
        out.push_str(&name[done..]);
        Cow::Owned(out)
    }

    /// True if [`Classifier::redact`] finds nothing in a text.
    pub fn is_clean(&self, text: &str) -> bool {
        !self.has_shape(text)
    }

    fn has_shape(&self, text: &str) -> bool {
        let mut any = false;
        self.leaks.shapes(text, |_| any = true);
        any
    }

    /// Replaces credentials in a canonical id, also those that making it canonical put in lower case.
    fn redact_id<'a>(&self, identity: &Identity<'a>, memo: &mut Memo) -> Text<'a> {
        let names = [Some(&identity.id), Some(&identity.name), identity.raw.as_ref()].into_iter().flatten();
        memo.key.clear();
        for name in names.clone() {
            memo.key.extend_from_slice(name.as_bytes());
            memo.key.push(0xff);
        }
        if !memo.names.get_or(&memo.key, || names.clone().any(|name| self.has_shape(name))) {
            return identity.id.clone();
        }
        let mut id = self.redact(identity.id.clone());
        for said in [Some(&identity.name), identity.raw.as_ref()].into_iter().flatten() {
            let mut folded = Vec::new();
            self.leaks.shapes(said, |leak| {
                if folded.len() < MAX_FOUND {
                    folded.push((with_body(said, leak.span), &leak.pattern.id));
                }
            });
            folded.into_iter().for_each(|(span, kind)| hide_folded(&mut id, &said[span], kind));
        }
        id
    }

    /// Kinds of credentials anywhere in the line, except where they belong.
    fn leaks_of<'a>(
        &'a self,
        opened: &Opened<'a>,
        source: Option<Source>,
        clean: &mut Clean,
    ) -> (Vec<(&'a str, u8)>, Secrets<'a>) {
        let mut found = Found { source, leaks: Vec::new(), secrets: Secrets::default() };
        match (opened.shape, opened.layers.is_empty()) {
            (Shape::Object(value) | Shape::NativeLog(value), true) => self.leaks_in(value.root(), &(0..0), &mut found, clean),
            (Shape::Text, true) => self.leaks_in_text(opened.text, &mut found),
            _ => {}
        }
        // What was read as a text of its own is looked at unescaped, and so is each text around it, without it.
        for layer in &opened.layers {
            match layer.root {
                Some(root) => self.leaks_in(root, &layer.inner, &mut found, clean),
                None => self.leaks_in_text(&layer.text[..layer.inner.start], &mut found),
            }
        }
        if let Some(record) = opened.record.filter(|_| !opened.layers.is_empty()) {
            self.leaks_in(record.root(), &(0..0), &mut found, clean);
        }
        found.leaks.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        (found.leaks, found.secrets)
    }

    fn leaks_in<'a>(&'a self, root: Value<'a>, skip: &Range<usize>, found: &mut Found<'a>, clean: &mut Clean) {
        let source = found.source;
        let expected = |pattern: &TokenPattern, at: usize| source.is_some_and(|s| pattern.is_expected(s, root.names_at(at)));
        let mut search = self.leaks.search(root.document());
        let mut look = |range: Range<usize>| {
            search.range(range, expected, |leak| {
                if !skip.contains(&leak.span.start) {
                    found.add(root.document(), &leak, root.names_at(leak.span.start));
                }
            })
        };
        let mut at = 0;
        for (_, member) in root.fields() {
            let span = member.member_span();
            if let Some(part) = member.part() {
                // Where no literal was that means anything here, there is none this time; but what follows may complete one.
                look(at..span.start);
                at = if clean.holds(part, source) {
                    span.end.saturating_sub(self.leaks.tail()).max(span.start)
                } else {
                    if !look(span.clone()) {
                        clean.note(part, source);
                    }
                    span.end
                };
            } else if span.contains(&skip.start) && skip.len() > 2 * LEAD + self.leaks.tail() {
                // What has a literal deep inside the part that is read elsewhere begins inside it too.
                look(at..skip.start + LEAD);
                at = skip.end - self.leaks.tail();
            }
        }
        look(at..root.document().len());
        if !root.has_escapes() {
            return;
        }
        // An escape can break a credential's shape in the line, though whoever parses the line gets the credential.
        for string in root.escaped_strings().filter(|s| s.span() != *skip) {
            if let Some(text) = string.str() {
                self.leaks.shapes(&text, |leak| found.add(&text, &leak, root.names_at(string.span().start)));
            }
        }
        for key in root.escaped_keys() {
            self.leaks_in_text(&key, found);
        }
    }

    fn leaks_in_text<'a>(&'a self, text: &str, found: &mut Found<'a>) {
        self.leaks.shapes(text, |leak| found.add(text, &leak, std::iter::empty()));
    }
}

/// The whole of what must be hidden: what gives a private key away is only its first line.
pub(crate) fn with_body(text: &str, span: Range<usize>) -> Range<usize> {
    if !text[span.clone()].starts_with("-----BEGIN") {
        return span;
    }
    let footer = text[span.end..].find("-----END").map(|at| span.end + at + "-----END".len());
    let end = footer.and_then(|footer| text[footer..].find("-----").map(|at| footer + at + "-----".len()));
    span.start..end.unwrap_or(text.len())
}

/// Replaces `secret` in `id`, in whatever ASCII case it stands there.
pub(crate) fn hide_folded(id: &mut Text<'_>, secret: &str, kind: &str) {
    let at = id.as_bytes().windows(secret.len().max(1)).take(MAX_ID).position(|w| w.eq_ignore_ascii_case(secret.as_bytes()));
    if let Some(at) = at.filter(|_| !secret.is_empty()) {
        id.to_mut().replace_range(at..at + secret.len(), &format!("[redacted:{kind}]"));
    }
}

/// How far into an id is looked: less than this of it is ever written.
const MAX_ID: usize = 1024;

fn telling_agents(catalog: &Catalog) -> Result<(Literals, Vec<u16>), BuildError> {
    let rows = (0..).zip(catalog.user_agents()).filter(|(_, row)| row.severity >= TELLING);
    let (indices, literals): (Vec<u16>, Vec<&str>) = rows.map(|(n, row)| (n, row.substring.as_str())).unzip();
    Ok((Literals::new(&literals)?, indices))
}

struct Found<'a> {
    source: Option<Source>,
    leaks: Vec<(&'a str, u8)>,
    secrets: Secrets<'a>,
}

impl<'a> Found<'a> {
    fn add<'n>(&mut self, text: &str, leak: &Leak<'a>, names: impl Iterator<Item = &'n str> + Clone) {
        let pattern = leak.pattern;
        if self.source.is_some_and(|s| pattern.is_expected(s, names)) {
            return;
        }
        self.secrets.note(&text[leak.span.start..], leak.span.len(), &pattern.id);
        let known = self.leaks.len() >= MAX_FOUND || self.leaks.iter().any(|(id, _)| *id == pattern.id);
        if !known && pattern.verify(&text[leak.span.clone()]) {
            debug_assert!(matches!(pattern.kind, TokenKind::Secret | TokenKind::KeyId));
            self.leaks.push((&pattern.id, pattern.severity));
        }
    }
}

/// A target's name without the service it belongs to, whose own name says nothing of the data: `vault:sys/audit`.
pub(crate) fn bare(target: &str) -> &str {
    target.split_once(':').map_or(target, |(_, name)| name)
}

/// The request path of a Vault activity, which is its target.
fn vault_path<'t>(activity: &'t Activity<'_>) -> Option<&'t str> {
    if activity.source != Source::Vault {
        return None;
    }
    activity.targets.first()?.name.strip_prefix("vault:")
}

/// True for what this program made of a text line in an earlier pass: a message and nothing else but tags that call it no JSON.
fn wraps_text(object: Value<'_>) -> bool {
    let mut members = object.fields();
    let Some((_, message)) = members.next() else { return false };
    let Some((_, tags)) = members.next() else { return false };
    members.next().is_none()
        && message.key_is("message")
        && message.str().is_some()
        && tags.get_text("error").is_some_and(|e| e == Problem::NotJson.as_str())
}
