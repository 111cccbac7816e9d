//! IAM roles, policies and users, KMS keys, trails.

use serde_json::{Value, json};

use super::random::Random;
use super::{ACCOUNT, Body, REGION, encoded, filled, relationship};

/// The statements of a policy, of `size` bytes; now and then one that allows everything.
fn document(random: &mut Random, size: usize) -> Value {
    let services = ["s3", "dynamodb", "sqs", "kms", "logs", "ecr"];
    let mut statements = filled(size, |number| {
        let service = random.pick(&services);
        json!({"Sid": format!("s{number}"), "Effect": "Allow",
            "Action": [format!("{service}:Get*"), format!("{service}:List*"), format!("{service}:Describe{}", random.hex(4))],
            "Resource": format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{}/*", random.hex(10))})
    });
    if random.chance(40) {
        statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub fn role(random: &mut Random, size: usize) -> Body {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": random.pick(&["lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"])}}]});
    // The encoding makes two bytes of one.
    let inline = [size / 4, size / 4]
        .map(|size| json!({"policyName": format!("inline-{}", random.hex(6)), "policyDocument": encoded(&document(random, size))}));
    Body {
        resource_type: "AWS::IAM::Role",
        id: "AROA~id~".into(),
        name: "~name~".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/~name~"),
        global: true,
        relationships: vec![relationship(
            "AWS::IAM::Policy",
            "ANPA~hex~",
            "Is attached to CustomerManagedPolicy",
        )],
        configuration: json!({
            "path": "/", "roleName": "~name~", "roleId": "AROA~id~", "arn": format!("arn:aws:iam::{ACCOUNT}:role/~name~"),
            "createDate": "~created~", "assumeRolePolicyDocument": encoded(&trust),
            "instanceProfileList": [{"path": "/", "instanceProfileName": "~name~", "instanceProfileId": "AIPA~hex~",
                "arn": format!("arn:aws:iam::{ACCOUNT}:instance-profile/~name~"), "createDate": "~created~", "roles": []}],
            "rolePolicyList": inline,
            "attachedManagedPolicies": [{"policyName": "~name~", "policyArn": format!("arn:aws:iam::{ACCOUNT}:policy/~name~")}],
            "permissionsBoundary": null, "tags": [{"key": "Name", "value": "~name~"}], "roleLastUsed": null,
        }),
        supplementary: json!({}),
    }
}

pub fn policy(random: &mut Random, size: usize) -> Body {
    Body {
        resource_type: "AWS::IAM::Policy",
        id: "ANPA~id~".into(),
        name: "~name~".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:policy/~name~"),
        global: true,
        relationships: vec![relationship("AWS::IAM::Role", "AROA~hex~", "Is attached to Role")],
        configuration: json!({
            "policyName": "~name~", "policyId": "ANPA~id~", "arn": format!("arn:aws:iam::{ACCOUNT}:policy/~name~"), "path": "/",
            "defaultVersionId": "v1", "attachmentCount": random.below(9), "permissionsBoundaryUsageCount": 0, "isAttachable": true,
            "description": null, "createDate": "~created~", "updateDate": "~created~",
            "policyVersionList": [{"document": encoded(&document(random, size / 2)), "versionId": "v1", "isDefaultVersion": true,
                "createDate": "~created~"}],
        }),
        supplementary: json!({}),
    }
}

pub fn user(random: &mut Random, size: usize) -> Body {
    Body {
        resource_type: "AWS::IAM::User",
        id: "AIDA~id~".into(),
        name: "u-~name~".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/u-~name~"),
        global: true,
        relationships: vec![relationship("AWS::IAM::Group", "AGPA~hex~", "Is attached to Group")],
        configuration: json!({
            "path": "/", "userName": "u-~name~", "userId": "AIDA~id~", "arn": format!("arn:aws:iam::{ACCOUNT}:user/u-~name~"),
            "createDate": "~created~",
            "userPolicyList": [{"policyName": "own", "policyDocument": encoded(&document(random, size / 2))}],
            "groupList": [random.pick(&["nurses", "doctors", "administration"])], "attachedManagedPolicies": [],
            "permissionsBoundary": null, "tags": [],
        }),
        supplementary: json!({}),
    }
}

pub fn key(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/~id~");
    let text = document(random, size).to_string();
    Body {
        resource_type: "AWS::KMS::Key",
        id: "~id~".into(),
        name: "~id~".into(),
        arn: arn.clone(),
        global: false,
        relationships: Vec::new(),
        configuration: json!({"keyId": "~id~", "arn": arn, "creationDate": "~created~", "enabled": true, "description": "~name~",
            "keyUsage": "ENCRYPT_DECRYPT", "keyState": "Enabled", "origin": "AWS_KMS", "keyManager": "CUSTOMER",
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keySpec": "SYMMETRIC_DEFAULT",
            "encryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "multiRegion": random.chance(50), "awsaccountId": ACCOUNT}),
        supplementary: json!({"KeyRotationStatus": random.chance(800), "Policy": text, "Tags": []}),
    }
}

pub fn trail(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/~name~");
    Body {
        resource_type: "AWS::CloudTrail::Trail",
        id: "~name~".into(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: vec![relationship("AWS::S3::Bucket", "logs-~hex~", "Is associated with S3 Bucket")],
        configuration: json!({"name": "~name~", "s3BucketName": "logs-~hex~", "includeGlobalServiceEvents": true,
            "isMultiRegionTrail": random.chance(700), "homeRegion": REGION, "trailARN": arn,
            "logFileValidationEnabled": random.chance(800),
            "cloudWatchLogsLogGroupArn": format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:cloudtrail:*"),
            "cloudWatchLogsRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/cloudtrail-logs"),
            "kmsKeyId": format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", random.hex(32)), "hasCustomEventSelectors": false,
            "hasInsightSelectors": false, "isOrganizationTrail": false}),
        supplementary: json!({"Tags": filled(size, |number| json!({"key": format!("k{number}"), "value": "~hex~"}))}),
    }
}
