use super::detect;
use crate::json::Tape;
use crate::support::testing::{Row, check, decoded};
use vires_event::{CredentialKind, Link};

/// A record with `userIdentity`, `eventSource`/`eventName` and further members.
macro_rules! record {
    ($identity:expr, $source:literal, $name:literal $(, $more:expr)?) => {
        concat!(
            r#"{"eventVersion":"1.11","userIdentity":"#, $identity, r#","eventTime":"2026-03-01T10:00:00Z","eventSource":""#, $source,
            r#".amazonaws.com","eventName":""#, $name, r#"","awsRegion":"eu-west-1","recipientAccountId":"123456789012","eventID":"e-1""#,
            $(",", $more,)? "}"
        )
    };
}

macro_rules! role {
    ($name:literal, $session:literal) => {
        role!("svc/", $name, $session)
    };
    ($path:literal, $name:literal, $session:literal) => {
        concat!(
            r#"{"type":"AssumedRole","principalId":"AROAEXAMPLE:"#, $session,
            r#"","arn":"arn:aws:sts::123456789012:assumed-role/"#, $name, "/", $session,
            r#"","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/"#,
            $path, $name, r#"","accountId":"123456789012","userName":""#, $name,
            r#""},"webIdFederationData":{},"attributes":{"creationDate":"2026-03-01T09:00:00Z","mfaAuthenticated":"false"}}}"#
        )
    };
}

fn row(record: &'static str, who: [&'static str; 3], what: [&'static str; 3]) -> Row {
    let ([id, kind, actor], [action, target, outcome]) = (who, what);
    Row { record, source: "cloudtrail", id, kind, actor, action, target, outcome }
}

#[test]
fn who_and_what() {
    const ROLE: [&str; 3] = ["aws:role/123456789012/deployer", "role", "ambiguous"];

    check(&[
        row(
            record!(
                role!("deployer", "i-0abcdef1234567890"),
                "lambda",
                "UpdateFunctionCode20150331v2",
                r#""requestParameters":{"functionName":"arn:aws:lambda:eu-west-1:123456789012:function:checkout:PROD"}"#
            ),
            ROLE,
            ["lambda:UpdateFunctionCode", "lambda:checkout", "success"],
        ),
        row(
            record!(
                role!("deployer", "s"),
                "secretsmanager",
                "GetSecretValue",
                r#""requestParameters":{"secretId":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"}"#
            ),
            ROLE,
            ["secretsmanager:GetSecretValue", "secret:prod/db", "success"],
        ),
        row(
            record!(
                role!("deployer", "s"),
                "s3",
                "GetObject",
                r#""requestParameters":{"bucketName":"prod-payroll","Host":"s3.amazonaws.com","key":"2026/01.csv"},"errorCode":"AccessDenied""#
            ),
            ROLE,
            ["s3:GetObject", "s3:prod-payroll/2026/01.csv", "denied"],
        ),
        row(
            record!(
                role!("deployer", "s"),
                "kms",
                "Decrypt",
                r#""requestParameters":null,"resources":[{"accountId":"123456789012","type":"AWS::KMS::Key","ARN":"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}]"#
            ),
            ROLE,
            ["kms:Decrypt", "kms:1234abcd-12ab-34cd-56ef-1234567890ab", "success"],
        ),
        row(
            record!(
                role!("deployer", "s"),
                "ec2",
                "TerminateInstances",
                r#""errorCode":"Client.InvalidInstanceID.Malformed","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0abc"}]}}"#
            ),
            ROLE,
            ["ec2:TerminateInstances", "ec2:i-0abc", "error"],
        ),
        row(
            record!(
                r#"{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/deployer/s"}"#,
                "ssm",
                "GetParameter",
                r#""requestParameters":{"name":"/prod/db","withDecryption":true}"#
            ),
            ROLE,
            ["ssm:GetParameter", "ssm:/prod/db", "success"],
        ),
        row(
            record!(
                role!("aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Admin_0123456789abcdef", "Alice@example.com"),
                "iam",
                "AttachRolePolicy",
                r#""requestParameters":{"roleName":"deployer","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#
            ),
            ["person:alice@example.com", "human", "human"],
            ["iam:AttachRolePolicy", "iam:deployer", "success"],
        ),
        row(
            record!(role!("AWSReservedSSO_Admin_0123456789abcdef", "Alice@example.com"), "iam", "ListUsers"),
            ["aws:role/123456789012/AWSReservedSSO_Admin_0123456789abcdef", "role", "ambiguous"],
            ["iam:ListUsers", "", "success"],
        ),
        row(
            record!(
                role!("AWSServiceRoleForConfig", "AWSConfig-Describe"),
                "dynamodb",
                "DescribeTable",
                r#""requestParameters":{"tableName":"pay-cards"}"#
            ),
            ["aws:role/123456789012/AWSServiceRoleForConfig", "cloud_service", "machine"],
            ["dynamodb:DescribeTable", "dynamodb:pay-cards", "success"],
        ),
        row(
            record!(
                r#"{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/ops/ci","accountId":"123456789012","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"ci"}"#,
                "sns",
                "Publish",
                r#""requestParameters":{"topicArn":"arn:aws:sns:eu-west-1:123456789012:alerts"}"#
            ),
            ["aws:user/123456789012/ci", "access_key", "ambiguous"],
            ["sns:Publish", "sns:alerts", "success"],
        ),
        row(
            record!(
                r#"{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/ops/ci"}"#,
                "sqs",
                "SendMessage",
                r#""requestParameters":{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"}"#
            ),
            ["aws:user/123456789012/ci", "access_key", "ambiguous"],
            ["sqs:SendMessage", "sqs:jobs", "success"],
        ),
        row(
            record!(
                r#"{"type":"Root","principalId":"123456789012","arn":"arn:aws:iam::123456789012:root","accountId":"123456789012"}"#,
                "signin",
                "ConsoleLogin",
                r#""responseElements":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication","eventType":"AwsConsoleSignIn""#
            ),
            ["aws:root/123456789012", "human", "human"],
            ["signin:ConsoleLogin", "", "denied"],
        ),
        row(
            record!(
                r#"{"type":"AWSService","invokedBy":"lambda.amazonaws.com"}"#,
                "sts",
                "AssumeRole",
                r#""requestParameters":{"roleArn":"arn:aws:iam::123456789012:role/fn-exec","roleSessionName":"fn"}"#
            ),
            ["aws:service:lambda.amazonaws.com", "cloud_service", "machine"],
            ["sts:AssumeRole", "iam:fn-exec", "success"],
        ),
        row(
            record!(
                r#"{"accountId":"123456789012","invokedBy":"secretsmanager.amazonaws.com"}"#,
                "secretsmanager",
                "RotationSucceeded",
                r#""eventType":"AwsServiceEvent""#
            ),
            ["aws:service:secretsmanager.amazonaws.com", "cloud_service", "machine"],
            ["secretsmanager:RotationSucceeded", "", "success"],
        ),
        row(
            record!(
                r#"{"accountId":"123456789012","invokedBy":"AWS Internal"}"#,
                "kms",
                "RotateKey",
                r#""eventType":"AwsServiceEvent""#
            ),
            ["aws:service:kms.amazonaws.com", "cloud_service", "machine"],
            ["kms:RotateKey", "", "success"],
        ),
        row(
            record!(
                r#"{"type":"AWSAccount","principalId":"AROAEXAMPLE0000000001:build-7","accountId":"111122223333"}"#,
                "s3",
                "ListObjects",
                r#""requestParameters":{"bucketName":"shared"}"#
            ),
            ["aws:account/111122223333/AROAEXAMPLE0000000001", "role", "ambiguous"],
            ["s3:ListObjects", "s3:shared", "success"],
        ),
        row(
            record!(
                r#"{"type":"WebIdentityUser","principalId":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:example/app:ref:refs/heads/main","userName":"repo:example/app:ref:refs/heads/main","identityProvider":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}"#,
                "sts",
                "AssumeRoleWithWebIdentity",
                r#""requestParameters":{"roleArn":"arn:aws:iam::123456789012:role/deployer","roleSessionName":"GitHubActions"}"#
            ),
            [
                "aws:federated/123456789012/token.actions.githubusercontent.com/repo:example/app:ref:refs/heads/main",
                "ci_runner",
                "machine",
            ],
            ["sts:AssumeRoleWithWebIdentity", "iam:deployer", "success"],
        ),
        row(
            record!(
                r#"{"type":"WebIdentityUser","userName":"system:serviceaccount:payments:api","identityProvider":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"}"#,
                "sts",
                "AssumeRoleWithWebIdentity"
            ),
            [
                "aws:federated/123456789012/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE/system:serviceaccount:payments:api",
                "workload",
                "machine",
            ],
            ["sts:AssumeRoleWithWebIdentity", "", "success"],
        ),
        row(
            record!(
                r#"{"type":"SAMLUser","principalId":"SAMLEXAMPLE:bob@example.com","userName":"bob@example.com","identityProvider":"ExampleIdP"}"#,
                "sts",
                "AssumeRoleWithSAML",
                r#""requestParameters":{"roleArn":"arn:aws:iam::123456789012:role/people"}"#
            ),
            ["aws:federated/123456789012/ExampleIdP/bob@example.com", "human", "human"],
            ["sts:AssumeRoleWithSAML", "iam:people", "success"],
        ),
        row(
            record!(
                r#"{"type":"FederatedUser","principalId":"123456789012:bob","arn":"arn:aws:sts::123456789012:federated-user/bob","accountId":"123456789012","accessKeyId":"ASIAIOSFODNN7EXAMPLE"}"#,
                "iam",
                "GetUser"
            ),
            ["aws:federated/123456789012/federated-user/bob", "token", "ambiguous"],
            ["iam:GetUser", "", "success"],
        ),
        row(
            record!(
                r#"{"type":"IdentityCenterUser","accountId":"123456789012","onBehalfOf":{"userId":"544894e8-80c1-707f-60e3-3ba6510dfac1","identityStoreArn":"arn:aws:identitystore::123456789012:identitystore/d-9067642ac7"},"credentialId":"90e292de-5eb8-446e-9602-90f7c45044f7"}"#,
                "sso",
                "ListAccounts"
            ),
            ["person:544894e8-80c1-707f-60e3-3ba6510dfac1", "human", "human"],
            ["sso:ListAccounts", "", "success"],
        ),
        row(
            record!(
                r#"{"type":"IAMUser","principalId":"AIDAEXAMPLE","accountId":"123456789012","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#,
                "signin",
                "ConsoleLogin",
                r#""responseElements":{"ConsoleLogin":"Failure"}"#
            ),
            ["", "", ""],
            ["signin:ConsoleLogin", "", "denied"],
        ),
        row(
            r#"{"eventVersion":"1.09","eventTime":"2026-03-01T10:00:00Z","awsRegion":"eu-west-1","eventID":"e-2","eventType":"AwsCloudTrailInsight","recipientAccountId":"123456789012","insightDetails":{"state":"Start","eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","insightType":"ApiCallRateInsight"},"eventCategory":"Insight"}"#,
            ["aws:service:cloudtrail.amazonaws.com", "cloud_service", "machine"],
            ["cloudtrail:ApiCallRateInsight", "", "success"],
        ),
        row(
            r#"{"awsregion":"eu-west-1","eventsource":"dynamodb.amazonaws.com","eventname":"GetRecords","eventtime":"2026-03-01 10:00:00","useridentity":{"arn":"arn:aws:sts::123456789012:assumed-role/deployer/s"},"requestparameters":{"tableName":"pay-cards"}}"#,
            ROLE,
            ["dynamodb:GetRecords", "dynamodb:pay-cards", "success"],
        ),
    ]);
}

#[test]
fn roles_keep_their_path_session_and_key_as_evidence() {
    decoded(record!(role!("deployer", "build-7"), "s3", "ListBuckets"), |a| {
        assert_eq!(a.identity.as_ref().unwrap().raw.as_deref(), Some("arn:aws:iam::123456789012:role/svc/deployer"));
        let session = a.session.as_ref().unwrap();
        assert_eq!((&*session.name, session.mfa), ("build-7", Some(false)));
        let credential = a.credential.as_ref().unwrap();
        assert_eq!((credential.kind, credential.id.as_deref()), (CredentialKind::SessionKey, Some("ASIAIOSFODNN7EXAMPLE")));
        assert_eq!(credential.issued.as_deref(), Some("2026-03-01T09:00:00Z"));
        assert_eq!(credential.issuer, None, "an empty webIdFederationData is no issuer");
        assert_eq!(a.place.account.as_deref(), Some("123456789012"));
        assert!(a.at().is_some());
    });
}

#[test]
fn assumed_and_issued_credentials_are_joined() {
    let record = record!(
        role!("ci", "job"),
        "sts",
        "AssumeRole",
        r#""requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/deploy/prod","roleSessionName":"x"},"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLEISSUED0001","sessionToken":"t"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:x","arn":"arn:aws:sts::111122223333:assumed-role/prod/x"}}"#
    );
    decoded(record, |a| {
        let id = "aws:role/111122223333/prod";
        let issued = Link::Issued { credential: "ASIAEXAMPLEISSUED0001".into(), owner: Some(id.into()) };
        assert_eq!(a.links, [Link::Became { id: id.into() }, issued]);
        assert!(a.destinations.is_empty(), "who takes on a role receives nothing: {:?}", a.destinations);
    });
    let record = record!(
        role!("ci", "job"),
        "iam",
        "CreateAccessKey",
        r#""requestParameters":{"userName":"backup"},"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLEISSUED0001","status":"Active","userName":"backup"}}"#
    );
    decoded(record, |a| {
        let owner = Some("aws:user/123456789012/backup".into());
        assert_eq!(a.links, [Link::Issued { credential: "AKIAEXAMPLEISSUED0001".into(), owner }]);
    });
    let record = record!(
        role!("ci", "job"),
        "sts",
        "AssumeRole",
        r#""errorCode":"AccessDenied","requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/prod"}"#
    );
    decoded(record, |a| assert!(a.links.is_empty()));
}

#[test]
fn receivers_of_what_is_shared() {
    for (record, expected) in [
        (
            record!(
                role!("r", "s"),
                "ec2",
                "ModifySnapshotAttribute",
                r#""requestParameters":{"snapshotId":"snap-0abc","createVolumePermission":{"add":{"items":[{"userId":"111122223333"},{"userId":"123456789012"}]}},"attributeType":"CREATE_VOLUME_PERMISSION"}"#
            ),
            &["111122223333"][..],
        ),
        (
            record!(
                role!("r", "s"),
                "ec2",
                "ModifyImageAttribute",
                r#""requestParameters":{"imageId":"ami-0abc","launchPermission":{"add":{"items":[{"group":"all"}]}}}"#
            ),
            &["public"],
        ),
        (
            record!(
                role!("r", "s"),
                "rds",
                "ModifyDBSnapshotAttribute",
                r#""requestParameters":{"attributeName":"restore","valuesToAdd":["111122223333","all"]}"#
            ),
            &["111122223333", "public"],
        ),
        (
            record!(
                role!("r", "s"),
                "s3",
                "PutBucketPolicy",
                r#""requestParameters":{"bucketName":"b","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::123456789012:role/x"]},"Action":"s3:*"},{"Effect":"Deny","Principal":"*","Action":"s3:*"}]}}"#
            ),
            &["111122223333"],
        ),
        (
            record!(
                role!("r", "s"),
                "iam",
                "UpdateAssumeRolePolicy",
                r#""requestParameters":{"roleName":"deployer","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\",\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}"}"#
            ),
            &["444455556666"],
        ),
        (
            record!(
                role!("r", "s"),
                "sqs",
                "SetQueueAttributes",
                r#""requestParameters":{"attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\"}]}"}}"#
            ),
            &["public"],
        ),
        (
            record!(
                role!("r", "s"),
                "sqs",
                "SetQueueAttributes",
                r#""requestParameters":{"attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-example\"}}}]}"}}"#
            ),
            &[],
        ),
        (
            record!(
                role!("r", "s"),
                "s3",
                "PutBucketReplication",
                r#""requestParameters":{"bucketName":"b","ReplicationConfiguration":{"Role":"arn:aws:iam::123456789012:role/rep","Rule":{"Destination":{"Bucket":"arn:aws:s3:::copy-elsewhere","Account":"111122223333"}}}}"#
            ),
            &["s3:copy-elsewhere", "111122223333"],
        ),
        (
            record!(
                role!("r", "s"),
                "s3",
                "CopyObject",
                r#""requestParameters":{"bucketName":"theirs","key":"a.dump"},"resources":[{"accountId":"111122223333","type":"AWS::S3::Object","ARN":"arn:aws:s3:::theirs/a.dump"},{"accountId":"123456789012","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::own"}]"#
            ),
            &["111122223333"],
        ),
        (
            record!(
                role!("r", "s"),
                "s3",
                "GetObject",
                r#""readOnly":true,"requestParameters":{"bucketName":"theirs","key":"a.csv"},"resources":[{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::theirs"}]"#
            ),
            &[],
        ),
        (
            record!(
                role!("r", "s"),
                "sns",
                "Subscribe",
                r#""requestParameters":{"topicArn":"arn:aws:sns:eu-west-1:123456789012:t","protocol":"email","endpoint":"drop@example.net"}"#
            ),
            &["drop@example.net"],
        ),
        (
            record!(
                role!("r", "s"),
                "ses",
                "SendEmail",
                r#""requestParameters":{"destination":{"toAddresses":["a@example.net"]}}"#
            ),
            &["a@example.net"],
        ),
        (
            record!(
                role!("r", "s"),
                "lambda",
                "AddPermission20150331v2",
                r#""requestParameters":{"functionName":"f","principal":"111122223333"}"#
            ),
            &["111122223333"],
        ),
        (
            record!(
                role!("r", "s"),
                "ec2",
                "DescribeImages",
                r#""requestParameters":{"ownersSet":{"items":[{"owner":"111122223333"}]},"executableBySet":["111122223333"]}"#
            ),
            &[],
        ),
    ] {
        decoded(record, |a| assert_eq!(a.destinations, expected, "{record}"));
    }
}

#[test]
fn an_endpoint_of_the_own_account_is_the_own_network() {
    let at = |record: &'static str, network: Option<&str>| {
        decoded(record, |a| {
            assert_eq!((a.origin.ip.as_deref(), a.origin.network.as_deref()), (Some("10.1.2.3"), network));
        });
    };
    macro_rules! through {
        ($account:literal) => {
            record!(
                role!("r", "s"),
                "s3",
                "PutObject",
                concat!(r#""sourceIPAddress":"10.1.2.3","vpcEndpointId":"vpce-1a2b3c4d""#, $account)
            )
        };
    }
    at(through!(r#","vpcEndpointAccountId":"123456789012""#), None);
    at(through!(r#","vpcEndpointAccountId":"999988887777""#), Some("vpce-1a2b3c4d"));
    at(through!(""), Some("vpce-1a2b3c4d"));
}

#[test]
fn origin_interaction_and_delegation() {
    decoded(
        record!(
            role!("r", "s"),
            "s3",
            "PutObject",
            r#""sourceIPAddress":"cloudformation.amazonaws.com","userAgent":"[Boto3/1.34]","additionalEventData":{"bytesTransferredOut":2048.0},"vpcEndpointId":"vpce-1a2b3c4d""#
        ),
        |a| {
            assert_eq!((a.origin.ip.as_deref(), a.origin.service.as_deref()), (None, Some("cloudformation.amazonaws.com")));
            assert_eq!(
                (a.origin.user_agent.as_deref(), a.origin.network.as_deref()),
                (Some("Boto3/1.34"), Some("vpce-1a2b3c4d"))
            );
            assert_eq!((a.volume.bytes_out, a.interactive), (Some(2048), None));
        },
    );
    let console = record!(
        r#"{"type":"IAMUser","accountId":"123456789012","userName":"alice","accessKeyId":"ASIAIOSFODNN7EXAMPLE","invokedBy":"AWS Internal"}"#,
        "ec2",
        "DescribeInstances",
        r#""sessionCredentialFromConsole":"true","sourceIPAddress":"AWS Internal""#
    );
    decoded(console, |a| {
        assert_eq!((a.interactive, a.delegation.as_ref()), (Some(true), None), "the console's own calls are the person's");
        assert_eq!(a.identity.as_ref().unwrap().kind.as_str(), "human");
    });
    let forwarded = record!(
        r#"{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/r/s","invokedBy":"athena.amazonaws.com"}"#,
        "s3",
        "GetObject"
    );
    decoded(forwarded, |a| {
        let by = a.delegation.as_ref().unwrap();
        assert_eq!((&*by.by, by.human), ("aws:service:athena.amazonaws.com", Some(false)));
    });
    let behalf = record!(
        r#"{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/q/s","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::123456789012:identitystore/d-1"}}"#,
        "s3",
        "GetObject"
    );
    decoded(behalf, |a| assert_eq!(a.delegation.as_ref().map(|d| (&*d.by, d.human)), Some(("person:u-1", Some(true)))));
    let source = record!(
        r#"{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/q/s","sessionContext":{"sourceIdentity":"Carol@example.com","ec2RoleDelivery":"2.0"}}"#,
        "s3",
        "GetObject"
    );
    decoded(source, |a| {
        assert_eq!(a.delegation.as_ref().map(|d| &*d.by), Some("person:carol@example.com"));
        assert_eq!(a.identity.as_ref().unwrap().actor.as_str(), "machine", "only the metadata service hands out such keys");
    });
}

#[test]
fn says_nothing_without_who_and_what() {
    let mut tape = Tape::default();
    let record = tape.parse(r#"{"eventType":"AwsApiCall","eventTime":"2026-03-01T10:00:00Z"}"#).unwrap();
    assert!(detect(record) && super::decode(record, &crate::Hints::default()).is_none());
    assert!(!detect(tape.parse(r#"{"eventType":"logout","eventSource":"app.example.com"}"#).unwrap()));
}
