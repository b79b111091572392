use crate::{Actor, CredentialKind, Kind, Millis, Outcome, Source, parse_time};
use std::borrow::Cow;

/// Text that borrows from the log line, or is owned where it had to be unescaped or composed.
pub type Text<'a> = Cow<'a, str>;

/// One audit record in vendor-neutral form.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity<'a> {
    /// The format the record was written in.
    pub source: Source,
    /// When it happened, as the record writes it (RFC 3339, epoch seconds or epoch milliseconds). See [`Activity::at`].
    pub time: Option<Text<'a>>,
    /// The source's own id of the record (CloudTrail `eventID`, GCP `insertId`, Kubernetes `auditID` …).
    pub event_id: Option<Text<'a>>,
    /// Who acted. `None` when the record names nobody.
    pub identity: Option<Identity<'a>>,
    /// What the identity proved itself with. Raw: mask it before it leaves the process.
    pub credential: Option<Credential<'a>>,
    /// The session the request belongs to.
    pub session: Option<Session<'a>>,
    /// On whose behalf the identity acted, if it was not for itself.
    pub delegation: Option<Delegation<'a>>,
    /// What was asked, in the spelling of the contract: `s3:GetObject`, `gcp:storage.objects.get`, `k8s:create pods/exec`.
    /// Empty only where the record names no action.
    pub action: Text<'a>,
    /// Further spellings under which the catalogue may know the same request (other permissions checked, the API method).
    pub also: Vec<Text<'a>>,
    /// What decides the effect as much as the action does: the command line that was run, what was done with a report. Effect
    /// rules see it behind the action and a blank. For nothing else: it is not printed.
    pub detail: Option<Text<'a>>,
    /// What it was done to, the most specific first: `s3:bucket/key`, `secret:prod/db`.
    pub targets: Vec<Target<'a>>,
    /// Further text of resource fields (ARNs, request parameters that name things): sensitive-resource markers are looked for
    /// here and in `targets`, nowhere else.
    pub mentions: Vec<Text<'a>>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The source's error code, e.g. `AccessDenied`.
    pub error_code: Option<Text<'a>>,
    /// Where the request came from.
    pub origin: Origin<'a>,
    /// Where it took place.
    pub place: Place<'a>,
    /// Outside parties that receive something through this request: account ids, buckets, mail addresses or domains.
    pub destinations: Vec<Text<'a>>,
    /// How much.
    pub volume: Volume,
    /// True when a person's interactive tool was used (console, browser, TTY); false when the record rules it out.
    pub interactive: Option<bool>,
    /// Joins to other records: a credential issued here and used later, a subject that assumed a role.
    pub links: Vec<Link<'a>>,
    /// Set where the record is another product's finding about the identity, not something the identity did.
    pub detection: Option<Detection<'a>>,
}

impl<'a> Activity<'a> {
    /// An activity that says nothing but its source and action: decoders fill in what the record tells.
    pub fn new(source: Source, action: impl Into<Text<'a>>) -> Self {
        Activity {
            source,
            time: None,
            event_id: None,
            identity: None,
            credential: None,
            session: None,
            delegation: None,
            action: action.into(),
            also: Vec::new(),
            detail: None,
            targets: Vec::new(),
            mentions: Vec::new(),
            outcome: None,
            error_code: None,
            origin: Origin::default(),
            place: Place::default(),
            destinations: Vec::new(),
            volume: Volume::default(),
            interactive: None,
            links: Vec::new(),
            detection: None,
        }
    }

    /// The time of the record in milliseconds since 1970-01-01 UTC; `None` if absent or unreadable.
    pub fn at(&self) -> Option<Millis> {
        self.time.as_deref().and_then(parse_time)
    }
}

/// What another product found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection<'a> {
    /// 1 (for information) to 5 (critical), whatever scale the product uses.
    pub severity: u8,
    /// The rule or sort of finding, in the product's words.
    pub title: Text<'a>,
    /// True for a finding that stands for itself; false for a mark on the event that it was found in.
    pub alone: bool,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Canonical id (contract section 3), e.g. `aws:role/123456789012/deployer`. Credentials and sessions are never part of it.
    pub id: Text<'a>,
    /// What sort of identity, as far as the record's structure says. Catalogue markers may refine it.
    pub kind: Kind,
    /// Machine, human or undecided, as far as the record's structure alone says. Catalogue markers may refine it.
    pub actor: Actor,
    /// The bare name (role, user, service account, login): what name heuristics look at.
    pub name: Text<'a>,
    /// The principal as the source writes it (ARN, e-mail, DN), where it differs from the id. Inventory globs match it too.
    pub raw: Option<Text<'a>>,
}

/// What an identity proved itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential<'a> {
    /// What sort.
    pub kind: CredentialKind,
    /// The source's id for it (key id, token hash, serial). Treat as a secret: print only through [`crate::mask`].
    pub id: Option<Text<'a>>,
    /// Who issued it, e.g. an OIDC provider.
    pub issuer: Option<Text<'a>>,
    /// When it was issued, in the forms of [`parse_time`].
    pub issued: Option<Text<'a>>,
}

/// The session a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session<'a> {
    /// The session's name or id, e.g. the role session name. Evidence only, never part of an identity.
    pub name: Text<'a>,
    /// True if the session was opened with multi-factor authentication.
    pub mfa: Option<bool>,
}

/// On whose behalf an identity acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation<'a> {
    /// Canonical id of the person, identity or service that stands behind the request.
    pub by: Text<'a>,
    /// True if `by` is a person.
    pub human: Option<bool>,
}

/// Something a request touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a> {
    /// `<service>:<name>` as in contract section 3, e.g. `secret:prod/db`.
    pub name: Text<'a>,
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The address as text, without port. Not always an IP: see `service`.
    pub ip: Option<Text<'a>>,
    /// The provider's service that called on the caller's behalf, e.g. `cloudformation.amazonaws.com`, `AWS Internal`.
    pub service: Option<Text<'a>>,
    /// Autonomous system as `AS<number>`, where the source says it.
    pub asn: Option<Text<'a>>,
    /// User agent as written (S3's square brackets removed).
    pub user_agent: Option<Text<'a>>,
    /// Private endpoint or network id the request came through.
    pub network: Option<Text<'a>>,
}

/// Where a request took place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// Account, project, subscription, tenant or organisation of the resource.
    pub account: Option<Text<'a>>,
    /// Region or location.
    pub region: Option<Text<'a>>,
    /// Cluster or host.
    pub host: Option<Text<'a>>,
}

/// How much a request moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volume {
    /// Number of items, where the record is an aggregate.
    pub count: Option<u64>,
    /// Bytes handed out.
    pub bytes_out: Option<u64>,
}

/// A join from this record to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link<'a> {
    /// This request issued a credential: later records made with it belong to (or descend from) `owner`.
    Issued {
        /// Credential id as later records carry it.
        credential: Text<'a>,
        /// Canonical id of the identity it acts as, where the record says.
        owner: Option<Text<'a>>,
    },
    /// The acting identity became another one (role assumption, impersonation).
    Became {
        /// Canonical id of the identity taken on.
        id: Text<'a>,
    },
    /// What this request starts or changes acts as this identity from now on: the role of a machine, a function or a job.
    RunsAs {
        /// Canonical id of that identity.
        id: Text<'a>,
    },
    /// Whom this request admits is nobody but a service of the cloud, and only when that acts for a thing of the same account.
    Serves {
        /// The service as the cloud writes it.
        service: Text<'a>,
    },
    /// Two names of one identity, e.g. Entra appId and service principal objectId.
    Alias {
        /// The other canonical id.
        id: Text<'a>,
    },
    /// A name that the identity goes by and may share with others: an agent's name beside its id, the role an entity logged in with.
    /// An inventory may list it; records are not joined by it.
    Called {
        /// Canonical id made of that name, or the name as the source's own console shows it.
        id: Text<'a>,
    },
}
