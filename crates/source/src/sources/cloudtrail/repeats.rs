//! What of a record decides what is said of it: most lines of a trail repeat that part, and differ in times, ids and parameters.

use super::{KINDS, Record, destinations, guards, identity, read_only, roles, targets, word};
use crate::json::{Type, Value};
use crate::support::aws;
use vires_event::{Activity, Link, Target, Text};

/// What a text or number of a record is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It decides who acted, with what, how it ended, or anything else that is not listed here.
    Decides,
    /// It says only when, where or under which number the request was made: nothing but [`vires_event::Activity::time`],
    /// [`vires_event::Activity::event_id`], [`vires_event::Activity::place`], [`vires_event::Credential::issued`] and what is given to
    /// the caller depends on it.
    Passes,
    /// The address that the request came from.
    Address,
    /// It names what was touched: see [`touched`].
    Names,
}

/// What the value is good for that stands under these names, the outermost first.
pub fn use_of(names: &[&str]) -> Use {
    match names {
        // Whose it is tells who receives what is put there.
        ["resources", .., "accountId"] => Use::Decides,
        ["requestParameters" | "resources", ..] => Use::Names,
        ["sourceIPAddress"] => Use::Address,
        ["eventTime" | "eventID" | "requestID" | "awsRegion" | "sharedEventID" | "tlsDetails", ..] => Use::Passes,
        ["responseElements", member, ..] if *member != "ConsoleLogin" => Use::Passes,
        ["additionalEventData", member, ..] if !matches!(*member, "callWithBearerToken" | "MFAUsed") => Use::Passes,
        ["userIdentity", "sessionContext", "attributes", "creationDate"] => Use::Passes,
        _ => Use::Decides,
    }
}

/// The members of a record that [`touched`] looks at.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// `requestParameters`.
    pub parameters: Option<Value<'a>>,
    /// `resources`.
    pub resources: Option<Value<'a>>,
}

/// Where a record says what was touched; `None` if [`use_of`] does not hold for it, because its names or its identity are of a kind
/// that is decoded in other ways.
pub fn named(record: Value<'_>) -> Option<Named<'_>> {
    let (mut found, mut kind) = (Named { parameters: None, resources: None }, false);
    let (mut source, mut name, mut who) = (false, false, None);
    for (key, value) in record.fields() {
        match key {
            "requestParameters" => found.parameters = Some(value),
            "resources" => found.resources = Some(value),
            "eventType" => kind |= value.str().is_some_and(|t| KINDS.contains(&&*t)),
            "eventSource" => source = value.kind() == Type::String,
            "eventName" => name = value.kind() == Type::String,
            "userIdentity" => who = Some(value),
            // They take the place of requests, and bring what they name in other members.
            "insightDetails" => return None,
            _ => {}
        }
    }
    // The parameters of a federated caller's request say more of the caller than of the request.
    let who = who?.get_text("type")?;
    let plain = matches!(&*who, "AssumedRole" | "IAMUser" | "Root" | "AWSService" | "AWSAccount");
    (kind && source && name && plain).then_some(found)
}

/// The service and the operation of a request, as its action is spelled.
pub fn service_and_operation<'t>(event_source: &'t str, event_name: &'t str) -> (&'t str, &'t str) {
    (aws::label(event_source), aws::operation(event_name))
}

/// True for the requests of which their parameters decide what is done, so that what is said of one is not said of the next.
pub fn rests_on_parameters(service: &str, operation: &str) -> bool {
    guards::is_one(service, operation)
}

/// A request as the catalogue may know it: its action, and what else that is called.
pub fn request(event_source: &str, event_name: &str) -> Activity<'static> {
    super::request(aws::label(event_source), aws::operation(event_name))
}

/// What a record's activity says of what was touched: its targets, and further texts that name things.
pub fn touched<'a>(named: Named<'a>, service: &str, operation: &str) -> (Vec<Target<'a>>, Vec<Text<'a>>) {
    targets::read(named.parameters, named.resources, service, operation)
}

/// The parameters of a request by what they may name, as far as their own names tell.
#[derive(Debug, Default, Clone)]
pub struct Naming<'a> {
    /// Texts that may name a target, in the order in which they are looked at.
    pub members: Vec<(&'a str, Value<'a>)>,
    /// Of S3 the bucket and the name of an object in it.
    pub bucket: Option<Value<'a>>,
    /// See [`Naming::bucket`].
    pub object: Option<Value<'a>>,
    /// There are lists of names.
    pub lists: bool,
    /// There are sets as EC2 writes them, with ids in them.
    pub sets: bool,
}

/// Sorts parameters by what they may name. That tells the first of the targets of [`touched`] where none of the texts is an ARN:
/// [`first_target`] of the members, or [`bucket_target`] for S3.
pub fn naming(parameters: Option<Value<'_>>) -> Naming<'_> {
    targets::naming(parameters)
}

/// What a parameter of that name and text names, if anything.
pub fn first_target<'t>(key: &str, text: &'t str, service: &str, operation: &str) -> Option<Text<'t>> {
    targets::of_one(key, text, service, operation)
}

/// What a request to S3 touches. An empty object is one, none is another thing.
pub fn bucket_target<'t>(bucket: &str, object: Option<&str>) -> Text<'t> {
    targets::in_bucket(bucket, object)
}

/// True for the services whose targets [`bucket_target`] tells.
pub fn has_buckets(service: &str) -> bool {
    targets::has_buckets(service)
}

/// What decides who receives something through a request, beside the request itself.
#[derive(Debug, Clone)]
pub struct Giver {
    /// The accounts of the record and of its caller.
    own: [String; 2],
    /// Who receives something whatever the parameters say: the owners of what it is put into.
    owners: Vec<String>,
    /// It hands nothing to outsiders, whatever its parameters say.
    idle: bool,
}

impl Giver {
    /// Reads it from a record of which [`named`] says something: it is the same for all records of its shape with the same texts in the
    /// places that decide. `None` if such a request may make its caller somebody else or hand a role to what it starts, or its answer
    /// hand something to the caller.
    pub fn of(record: Value<'_>) -> Option<Self> {
        const HANDED: [&str; 3] = ["credentials", "accessKey", "serviceSpecificCredential"];
        let r = Record::read(record);
        let (source, account) = (word(r.event_source), word(r.account));
        let name = word(r.event_name)?;
        let operation = aws::operation(&name);
        let hands = |answer: Value<'_>| HANDED.iter().any(|key| answer.get(key).is_some());
        let service = source.as_deref().map_or("", aws::label);
        if operation.starts_with("AssumeRo") || r.response.is_some_and(hands) || roles::may_hand(&r, service, operation) {
            return None;
        }
        let kind = word(r.event_type).unwrap_or_default();
        let caller = identity::read(&r, source.as_ref(), &kind, account.as_deref()).account;
        let own = [account.unwrap_or_default().into_owned(), caller.into_owned()];
        let mut owners = Vec::new();
        if !read_only(&r, operation) {
            let record = Record { resources: r.resources, ..Record::default() };
            destinations::read(&record, service, operation, [&own[0], &own[1]], &mut owners);
        }
        let owners: Vec<String> = owners.into_iter().map(Text::into_owned).collect();
        let idle = read_only(&r, operation) || !r.parameters.is_some_and(destinations::may_give);
        Some(Giver { own, owners, idle })
    }

    /// True if the parameters need not be looked at: they tell of nobody who receives anything.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// Outside parties that receive something through a request, and the service that it admits for the own account's things:
    /// [`vires_event::Activity::destinations`], [`vires_event::Link::Serves`].
    pub fn destinations<'a>(
        &'a self,
        parameters: Option<Value<'a>>,
        service: &str,
        operation: &str,
    ) -> (Vec<Text<'a>>, Option<Link<'a>>) {
        let mut found: Vec<Text<'a>> = self.owners.iter().map(|owner| Text::Borrowed(&**owner)).collect();
        let mut serves = None;
        if !self.idle && parameters.is_some() {
            let [account, caller] = &self.own;
            let record = Record { parameters, ..Record::default() };
            serves = destinations::read(&record, service, operation, [account, caller], &mut found);
        }
        (found, serves.map(|service| Link::Serves { service }))
    }
}
