//! What a request touched: from the request parameters first, then from the ARNs of `resources`.

use super::repeats::Naming;
use crate::json::{Type, Value};
use crate::support::aws;
use crate::support::cloud::bounded;
use std::borrow::Cow;
use vires_event::{Target, Text};

const MAX_TARGETS: usize = 8;
const MAX_MENTIONS: usize = 32;
const MAX_NAME: usize = 512;

/// Targets, and further texts that name things, of `requestParameters` and `resources`.
pub(super) fn read<'a>(
    parameters: Option<Value<'a>>,
    resources: Option<Value<'a>>,
    service: &str,
    operation: &str,
) -> (Vec<Target<'a>>, Vec<Text<'a>>) {
    let (mut targets, mut mentions) = (Vec::new(), Vec::new());
    if let Some(parameters) = parameters.filter(|p| p.is_object()) {
        of_parameters(parameters, service, operation, &mut targets);
        mention(parameters, &mut mentions);
    }
    for resource in resources.iter().flat_map(|list| list.items()).take(MAX_TARGETS) {
        for (key, value) in resource.fields() {
            if matches!(key, "ARN" | "arn")
                && mentions.len() < MAX_MENTIONS + MAX_TARGETS
                && let Some(arn) = value.text()
            {
                let arn = bounded(arn, 2048);
                if let Some(name) = aws::target(&arn) {
                    push(&mut targets, name);
                }
                mentions.push(arn);
            }
        }
    }
    (targets, mentions)
}

/// The first strings of the parameters, whatever they are called.
fn mention<'a>(parameters: Value<'a>, out: &mut Vec<Text<'a>>) {
    out.reserve(16);
    for (_, leaf) in parameters.leaves() {
        if leaf.kind() == Type::String
            && let Some(text) = leaf.text()
        {
            out.push(bounded(text, MAX_NAME));
            if out.len() >= MAX_MENTIONS {
                return;
            }
        }
    }
}

fn push<'a>(targets: &mut Vec<Target<'a>>, name: Text<'a>) {
    if targets.len() < MAX_TARGETS && targets.iter().all(|t| t.name != name) {
        targets.push(Target { name: bounded(name, MAX_NAME) });
    }
}

fn named<'a>(service: &str, name: &str) -> Text<'a> {
    [service, ":", name].concat().into()
}

fn of_parameters<'a>(parameters: Value<'a>, service: &str, operation: &str, targets: &mut Vec<Target<'a>>) {
    if has_buckets(service) {
        return of_bucket(parameters, targets);
    }
    for (key, value) in in_order(parameters) {
        if targets.len() >= MAX_TARGETS {
            return;
        }
        match value.kind() {
            Type::String => {
                if let Some(text) = value.text() {
                    of_member(key, &bounded(text, 2048), service, operation, targets);
                }
            }
            Type::Array if is_list_of_names(key) => {
                for item in value.items().take(MAX_TARGETS) {
                    if let Some(text) = item.text() {
                        of_member(singular(key), &bounded(text, 2048), service, operation, targets);
                    }
                }
            }
            Type::Object if service == "ec2" => of_set(key, value, targets),
            _ => {}
        }
    }
}

pub(super) fn has_buckets(service: &str) -> bool {
    service == "s3" || service == "s3express"
}

/// What a policy is attached to comes before the policy, in whichever order they were written.
fn in_order<'a>(parameters: Value<'a>) -> impl Iterator<Item = (&'a str, Value<'a>)> {
    let fields = || parameters.fields();
    fields().filter(|(k, _)| *k != "policyArn").chain(fields().filter(|(k, _)| *k == "policyArn"))
}

/// See [`super::repeats::naming`].
pub(super) fn naming(parameters: Option<Value<'_>>) -> Naming<'_> {
    let mut naming = Naming::default();
    let Some(parameters) = parameters.filter(|p| p.is_object()) else { return naming };
    (naming.bucket, naming.object) = bucket_and_object(parameters);
    for (key, value) in in_order(parameters) {
        match value.kind() {
            Type::String if may_name(key) => naming.members.push((key, value)),
            Type::Array => naming.lists |= is_list_of_names(key),
            Type::Object if key.ends_with("Set") => naming.sets |= ids_of_set(value).next().is_some(),
            _ => {}
        }
    }
    naming
}

/// The target that one parameter names.
pub(super) fn of_one<'t>(key: &str, text: &'t str, service: &str, operation: &str) -> Option<Text<'t>> {
    let mut targets = Vec::new();
    of_member(key, &bounded(Cow::Borrowed(text), 2048), service, operation, &mut targets);
    targets.pop().map(|target| target.name)
}

fn bucket_and_object(parameters: Value<'_>) -> (Option<Value<'_>>, Option<Value<'_>>) {
    let (mut bucket, mut object) = (None, None);
    for (key, value) in parameters.fields() {
        match key {
            "bucketName" | "bucketname" | "bucket" => bucket = Some(value),
            "key" => object = Some(value),
            _ => {}
        }
    }
    (bucket, object)
}

/// The target that a bucket, and an object in it, are.
pub(super) fn in_bucket<'t>(bucket: &str, object: Option<&str>) -> Text<'t> {
    // Access points come as ARNs in the place of a bucket.
    let bucket: Text<'t> = match aws::target(&Cow::Borrowed(bucket)) {
        Some(name) => name.into_owned().into(),
        None => named("s3", bucket),
    };
    match object {
        Some(object) => bounded([&*bucket, "/", &bounded(Cow::Borrowed(object), 1024)].concat().into(), MAX_NAME),
        None => bounded(bucket, MAX_NAME),
    }
}

fn of_bucket<'a>(parameters: Value<'a>, targets: &mut Vec<Target<'a>>) {
    let (bucket, object) = bucket_and_object(parameters);
    let text = |value: Option<Value<'a>>| value.and_then(|value| value.text());
    if let Some(bucket) = text(bucket) {
        push(targets, in_bucket(&bucket, text(object).as_deref()));
    }
}

/// EC2 writes `{"instancesSet":{"items":[{"instanceId":"i-…"}]}}`.
fn of_set<'a>(key: &str, value: Value<'a>, targets: &mut Vec<Target<'a>>) {
    if !key.ends_with("Set") {
        return;
    }
    ids_of_set(value).for_each(|id| push(targets, named("ec2", &id)));
}

fn ids_of_set<'a>(set: Value<'a>) -> impl Iterator<Item = Text<'a>> {
    let items = set.get("items").into_iter().flat_map(|items| items.items()).take(MAX_TARGETS);
    let ids = items.flat_map(|item| item.fields()).filter(|(key, _)| key.ends_with("Id"));
    ids.filter_map(|(_, id)| id.text())
}

/// Arrays of names, each of which is a target.
fn is_list_of_names(key: &str) -> bool {
    matches!(key, "names" | "instanceIds" | "secretIdList" | "logGroupNames" | "stackNames" | "clusters" | "trailNames")
}

fn singular(key: &str) -> &str {
    match key {
        "secretIdList" => "secretId",
        key => key.strip_suffix('s').unwrap_or(key),
    }
}

/// Parameters that end like a name but name the request itself, its session or its paging.
fn is_not_a_resource(key: &str) -> bool {
    matches!(
        key,
        "roleSessionName"
            | "sessionName"
            | "versionId"
            | "requestId"
            | "clientRequestId"
            | "eventId"
            | "invocationId"
            | "externalId"
            | "attributeName"
            | "parameterName"
            | "ownerId"
            | "registryId"
            | "serviceName"
            | "awsServiceName"
            | "instanceOSUser"
            | "hostName"
            | "typeName"
            | "commandId"
            | "credentialsId"
            | "metricName"
            | "catalogId"
            | "logStreamName"
    )
}

fn of_member<'a>(key: &str, text: &Text<'a>, service: &str, operation: &str, targets: &mut Vec<Target<'a>>) {
    if let Some(name) = special(key, text, service, operation) {
        return push(targets, name);
    }
    if !is_name(key) || is_not_a_resource(key) {
        return;
    }
    if text.starts_with("arn:") {
        if let Some(name) = aws::target(text) {
            push(targets, name);
        }
        return;
    }
    let name: &str = if key.ends_with("Url") { text.rsplit('/').next().unwrap_or(text) } else { text };
    if !name.is_empty() {
        push(targets, named(service, name));
    }
}

fn is_name(key: &str) -> bool {
    ["Arn", "ARN", "Name", "Id", "Identifier", "Url", "arn"].iter().any(|end| key.ends_with(end))
        || matches!(key, "name" | "resource" | "repository" | "cluster" | "stack")
}

/// True for every parameter that [`of_member`] makes a target of, whatever the service.
fn may_name(key: &str) -> bool {
    is_name(key) || matches!(key, "path" | "role" | "targetPrincipal" | "url" | "target" | "instance" | "s3Bucket")
}

/// Parameters whose meaning depends on the service.
fn special<'a>(key: &str, text: &Text<'a>, service: &str, operation: &str) -> Option<Text<'a>> {
    let arn = || aws::target(text);
    let ec2 = ["i-", "vol-", "snap-", "ami-", "sg-", "vpc-", "subnet-", "eni-"];
    Some(match (service, key) {
        ("secretsmanager", "secretId" | "name") => arn().unwrap_or_else(|| named("secret", text)),
        ("ssm", "name" | "path") if operation.contains("Parameter") => arn().unwrap_or_else(|| named("ssm", text)),
        ("kms", "keyId" | "targetKeyId" | "aliasName") => arn().unwrap_or_else(|| named("kms", text)),
        ("lambda", "functionName") => {
            let name: Cow<'_, str> = match text.strip_prefix("arn:") {
                Some(_) => return arn(),
                // `<account>:function:<name>` and `<name>:<alias>` are allowed too.
                None => text.rsplit("function:").next().and_then(|n| n.split(':').next()).unwrap_or(text).into(),
            };
            named("lambda", &name)
        }
        (_, "roleArn" | "roleARN" | "role") if text.starts_with("arn:") => arn()?,
        (_, "roleName" | "instanceProfileName") => named("iam", text),
        ("sts", "targetPrincipal") => arn().unwrap_or_else(|| named("iam", text)),
        ("iam", "sAMLProviderArn" | "openIDConnectProviderArn" | "policyArn") => arn()?,
        ("iam", "url") => named("iam", text.strip_prefix("https://").unwrap_or(text)),
        (_, "instanceId" | "target" | "instance") if ec2.iter().any(|p| text.starts_with(p)) => named("ec2", text),
        ("ec2", "keyName") => named("ec2", text),
        (_, "tableName") => arn().unwrap_or_else(|| named(if service == "glue" { "glue" } else { "dynamodb" }, text)),
        (_, "bucketName" | "s3BucketName" | "s3Bucket") => arn().unwrap_or_else(|| named("s3", text)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_target_may_name_one() {
        let keys = [
            "secretId",
            "name",
            "path",
            "keyId",
            "targetKeyId",
            "aliasName",
            "functionName",
            "roleArn",
            "roleARN",
            "role",
            "roleName",
            "instanceProfileName",
            "targetPrincipal",
            "sAMLProviderArn",
            "openIDConnectProviderArn",
            "policyArn",
            "url",
            "instanceId",
            "target",
            "instance",
            "keyName",
            "tableName",
            "bucketName",
            "s3BucketName",
            "s3Bucket",
            "resource",
            "repository",
            "cluster",
            "stack",
            "queueUrl",
            "arn",
            "x",
            "maxResults",
            "nextPage",
            "type",
            "value",
            "Bucket",
            "description",
            "",
        ];
        let services = ["secretsmanager", "ssm", "kms", "lambda", "sts", "iam", "ec2", "glue", "dynamodb", "sqs", "x"];
        let texts = ["x", "i-1", "https://example.com/a/b", "arn:aws:iam::123456789012:role/x", "a:b"];
        let mut named = 0;
        for key in keys {
            for service in services {
                for text in texts {
                    let one = of_one(key, text, service, "GetParameter");
                    assert!(one.is_none() || may_name(key), "{key} {service} {text}");
                    named += usize::from(one.is_some());
                }
            }
        }
        assert!(named > 300, "{named}");
    }
}
