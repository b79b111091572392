//! Requests whose name is that of an opening or of tampering, and whose parameters say the opposite: a guard goes up, or what is opened
//! is opened to the house's own networks. The same call serves for both. A call that takes the place of a list (selectors, policies,
//! rules) is none of these: what stood there before may have been more.

use super::Record;
use crate::json::{Type, Value};
use crate::support::aws::Arn;
use crate::support::network::is_private_network;

/// What [`vires_event::Activity::detail`] says of such a request.
pub(super) const OPENS_NOTHING: &str = "opens nothing";

/// Shorter than this, keeping logs is forgetting them.
const LONG_ENOUGH: u64 = 365;
/// Backups that are kept for so many days are kept.
const KEPT_DAYS: u64 = 7;

type Rule = fn(Value<'_>, &str) -> bool;

fn rule_of(service: &str, operation: &str) -> Option<Rule> {
    Some(match (service, operation) {
        ("s3", "PutBucketPublicAccessBlock" | "PutPublicAccessBlock" | "PutAccountPublicAccessBlock") => blocks_the_public,
        ("s3", "PutBucketAcl") => is_private,
        ("ec2", "ModifyInstanceMetadataOptions" | "ModifyInstanceMetadataDefaults") => asks_for_tokens,
        ("ec2", "AuthorizeSecurityGroupIngress") => admits_insiders,
        ("macie2", "UpdateMacieSession") => |p, _| says(p, "status", "ENABLED"),
        ("cloudtrail", "UpdateTrail") => widens_a_trail,
        ("sns", "Subscribe") => |p, account| {
            p.get_text("endpoint")
                .is_some_and(|end| Arn::parse(&end).is_some_and(|a| a.account == account && !account.is_empty()))
        },
        ("logs", "PutRetentionPolicy") => |p, _| number(p, "retentionInDays") >= Some(LONG_ENOUGH),
        ("dynamodb", "UpdateContinuousBackups") => |p, _| {
            p.leaves().all(|(key, leaf)| match key {
                "recoveryPeriodInDays" => false,
                "pointInTimeRecoveryEnabled" => is(Some(leaf), "true"),
                _ => true,
            }) && p.get("pointInTimeRecoverySpecification").is_some()
        },
        ("rds", "ModifyDBInstance" | "ModifyDBCluster") => changes_its_size,
        _ => return None,
    })
}

/// True if parameters decide what such a request does.
pub(super) fn is_one(service: &str, operation: &str) -> bool {
    rule_of(service, operation).is_some()
}

/// True if the parameters say that nothing is opened and no guard taken down.
pub(super) fn opens_nothing(r: &Record<'_>, service: &str, operation: &str, account: &str) -> bool {
    // Of what was too long for the log only that is said.
    let parameters = r.parameters.filter(|p| p.is_object() && p.get("omitted").is_none());
    rule_of(service, operation).zip(parameters).is_some_and(|(rule, parameters)| rule(parameters, account))
}

fn is(value: Option<Value<'_>>, expected: &str) -> bool {
    value.and_then(|value| value.text()).is_some_and(|text| text.eq_ignore_ascii_case(expected))
}

fn says(parameters: Value<'_>, key: &str, expected: &str) -> bool {
    is(parameters.get(key), expected)
}

fn number(parameters: Value<'_>, key: &str) -> Option<u64> {
    parameters.get_text(key)?.parse().ok()
}

fn blocks_the_public(parameters: Value<'_>, _: &str) -> bool {
    const BLOCKS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    let block = parameters.get("PublicAccessBlockConfiguration");
    block.is_some_and(|block| BLOCKS.iter().all(|key| says(block, key, "true")))
}

fn is_private(parameters: Value<'_>, _: &str) -> bool {
    let acl = parameters.get("x-amz-acl").is_some_and(|acl| {
        let mut texts = [acl].into_iter().chain(acl.items()).filter(|value| value.kind() == Type::String).peekable();
        texts.peek().is_some() && texts.all(|text| is(Some(text), "private"))
    });
    acl && parameters.get("AccessControlPolicy").is_none() && !parameters.fields().any(|(key, _)| key.contains("grant"))
}

/// Credentials of a machine are given only to who asks for a token first.
fn asks_for_tokens(parameters: Value<'_>, _: &str) -> bool {
    let tokens = |(key, leaf): (&str, Value<'_>)| key.eq_ignore_ascii_case("HttpTokens").then(|| is(Some(leaf), "required"));
    let mut tokens = parameters.leaves().filter_map(tokens).peekable();
    tokens.peek().is_some() && tokens.all(|required| required)
}

/// A rule for private networks and for the account's own groups alone.
fn admits_insiders(parameters: Value<'_>, account: &str) -> bool {
    let mut any = false;
    parameters.leaves().all(|(key, leaf)| {
        let Some(text) = leaf.text() else { return true };
        match key {
            "cidrIp" | "cidrIpv4" | "cidrIpv6" | "CidrIp" | "CidrIpv6" => {
                any = true;
                is_private_network(&text)
            }
            "groupId" | "referencedGroupId" | "sourceSecurityGroupName" => {
                any |= key != "groupId" || parameters.get("groupId").is_none_or(|own| own.number() != leaf.number());
                true
            }
            "userId" | "sourceSecurityGroupOwnerId" => *text == *account,
            // Who is on a list is not said here.
            "prefixListId" => false,
            _ => true,
        }
    }) && any
}

/// A trail that hears more than before, and stays where it is.
fn widens_a_trail(parameters: Value<'_>, _: &str) -> bool {
    const FLAGS: [&str; 4] =
        ["isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail"];
    let mut any = false;
    parameters.fields().all(|(key, value)| match key {
        "name" => true,
        _ if FLAGS.contains(&key) => {
            any = true;
            is(Some(value), "true")
        }
        _ => false,
    }) && any
}

/// A database gets more room or another version, is kept better, or is shut from outside.
fn changes_its_size(parameters: Value<'_>, _: &str) -> bool {
    let kept =
        parameters.get("backupRetentionPeriod").is_none() || number(parameters, "backupRetentionPeriod") >= Some(KEPT_DAYS);
    kept && parameters.fields().nth(1).is_some()
        && parameters.fields().all(|(key, value)| match key {
            "deletionProtection" | "storageEncrypted" => is(Some(value), "true"),
            "publiclyAccessible" => is(Some(value), "false"),
            _ => matches!(
                key,
                "dBInstanceIdentifier"
                    | "dBClusterIdentifier"
                    | "dBInstanceClass"
                    | "allocatedStorage"
                    | "maxAllocatedStorage"
                    | "storageType"
                    | "storageThroughput"
                    | "iops"
                    | "multiAZ"
                    | "engineVersion"
                    | "allowMajorVersionUpgrade"
                    | "autoMinorVersionUpgrade"
                    | "applyImmediately"
                    | "backupRetentionPeriod"
                    | "preferredBackupWindow"
                    | "preferredMaintenanceWindow"
                    | "copyTagsToSnapshot"
                    | "monitoringInterval"
                    | "enablePerformanceInsights"
                    | "performanceInsightsRetentionPeriod"
                    | "serverlessV2ScalingConfiguration"
            ),
        })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::decoded;

    fn opens_nothing(request: &str, parameters: &str) -> bool {
        let (service, name) = request.split_once(':').unwrap();
        let record = format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","accountId":"123456789012","userName":"u"}},"eventSource":"{service}.amazonaws.com","eventName":"{name}","recipientAccountId":"123456789012","requestParameters":{parameters}}}"#
        );
        let mut found = false;
        decoded(&record, |a| found = a.detail.as_deref() == Some(super::OPENS_NOTHING));
        found
    }

    #[test]
    fn the_same_call_puts_a_guard_up_and_takes_it_down() {
        const BLOCK: &str = "s3:PutBucketPublicAccessBlock";
        let block = |last: &str| {
            format!(
                r#"{{"bucketName":"b","PublicAccessBlockConfiguration":{{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true{last}}}}}"#
            )
        };
        assert!(opens_nothing(BLOCK, &block(r#","RestrictPublicBuckets":true"#)));
        assert!(!opens_nothing(BLOCK, &block(r#","RestrictPublicBuckets":false"#)) && !opens_nothing(BLOCK, &block("")));
        for (request, up, down) in [
            ("s3:PutBucketAcl", r#"{"x-amz-acl":["private"]}"#, r#"{"x-amz-acl":["public-read"]}"#),
            (
                "ec2:ModifyInstanceMetadataOptions",
                r#"{"ModifyInstanceMetadataOptionsRequest":{"InstanceId":"i","HttpTokens":"required"}}"#,
                r#"{"httpTokens":"optional"}"#,
            ),
            ("macie2:UpdateMacieSession", r#"{"status":"ENABLED"}"#, r#"{"status":"PAUSED"}"#),
            (
                "cloudtrail:UpdateTrail",
                r#"{"name":"t","enableLogFileValidation":true}"#,
                r#"{"name":"t","isMultiRegionTrail":false}"#,
            ),
            (
                "cloudtrail:UpdateTrail",
                r#"{"name":"t","isMultiRegionTrail":true}"#,
                r#"{"name":"t","isMultiRegionTrail":true,"s3BucketName":"elsewhere"}"#,
            ),
            (
                "sns:Subscribe",
                r#"{"topicArn":"arn:aws:sns:eu-west-1:123456789012:t","protocol":"sqs","endpoint":"arn:aws:sqs:eu-west-1:123456789012:q"}"#,
                r#"{"topicArn":"arn:aws:sns:eu-west-1:123456789012:t","protocol":"sqs","endpoint":"arn:aws:sqs:eu-west-1:999988887777:q"}"#,
            ),
            (
                "logs:PutRetentionPolicy",
                r#"{"logGroupName":"g","retentionInDays":365}"#,
                r#"{"logGroupName":"g","retentionInDays":1}"#,
            ),
            (
                "dynamodb:UpdateContinuousBackups",
                r#"{"pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":true}}"#,
                r#"{"pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":false}}"#,
            ),
            (
                "rds:ModifyDBInstance",
                r#"{"dBInstanceIdentifier":"d","dBInstanceClass":"db.r6g.large","applyImmediately":true}"#,
                r#"{"dBInstanceIdentifier":"d","masterUserPassword":"****"}"#,
            ),
            (
                "rds:ModifyDBInstance",
                r#"{"dBInstanceIdentifier":"d","publiclyAccessible":false}"#,
                r#"{"dBInstanceIdentifier":"d","backupRetentionPeriod":0}"#,
            ),
            (
                "dynamodb:UpdateContinuousBackups",
                r#"{"pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":true}}"#,
                r#"{"pointInTimeRecoverySpecification":{"pointInTimeRecoveryEnabled":true,"recoveryPeriodInDays":1}}"#,
            ),
        ] {
            assert!(opens_nothing(request, up), "{request} {up}");
            assert!(!opens_nothing(request, down), "{request} {down}");
            assert!(!opens_nothing(request, "{}") && !opens_nothing(request, "null"), "{request}");
        }
        // What it replaces may have selected more.
        let selectors = r#"{"eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3:::b/"]}]}]}"#;
        assert!(!opens_nothing("cloudtrail:PutEventSelectors", selectors));
        assert!(!opens_nothing("s3:PutObject", r#"{"x-amz-acl":"private"}"#));
    }

    #[test]
    fn a_rule_for_insiders_opens_nothing() {
        let rule = |more: &str| {
            opens_nothing(
                "ec2:AuthorizeSecurityGroupIngress",
                &format!(r#"{{"groupId":"sg-1","ipPermissions":{{"items":[{{"ipProtocol":"tcp","fromPort":443,{more}}}]}}}}"#),
            )
        };
        assert!(rule(r#""ipRanges":{"items":[{"cidrIp":"10.20.0.0/16"},{"cidrIp":"172.16.4.0/24"}]}"#));
        assert!(rule(r#""groups":{"items":[{"groupId":"sg-2","userId":"123456789012"}]}"#));
        assert!(rule(r#""ipv6Ranges":{"items":[{"cidrIpv6":"fd12:3456::/32"}]}"#));
        for open in [
            r#""ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}"#,
            r#""ipRanges":{"items":[{"cidrIp":"10.0.0.0/4"}]}"#,
            r#""ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"},{"cidrIp":"203.0.113.9/32"}]}"#,
            r#""ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}"#,
            r#""groups":{"items":[{"groupId":"sg-2","userId":"999988887777"}]}"#,
            r#""prefixListIds":{"items":[{"prefixListId":"pl-1"}]},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}"#,
            r#""ipRanges":{}"#,
        ] {
            assert!(!rule(open), "{open}");
        }
    }
}
