//! Facts from AWS: each provider's value as the policy contract has it, or an error that says what to do.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use futures::future::Shared;
use futures::stream::{self, StreamExt, TryStreamExt};
use futures::{Future, FutureExt};
use sekisho_engine::facts::roster::{self, RosterOptions};
use sekisho_engine::facts::{AwsApiCall, FactProvider, ForEach, ObjectFormat, Regions, object};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::api::{self, Api, ApiError};
use crate::iam::Iam;
use crate::s3::{Object, ObjectUri, Objects};

/// How many calls of one fact are under way at once.
const CONCURRENT: usize = 8;

/// How long an answer of an API is good for other policies and the next invocations.
const GOOD_FOR: Duration = Duration::from_mins(1);

type Answer = Result<Value, ApiError>;
type Asking = Shared<Pin<Box<dyn Future<Output = Answer> + Send>>>;

/// Fetches facts for one account, and keeps for a while what it fetched.
#[derive(Clone)]
pub struct AwsFacts {
    objects: Objects,
    iam: Iam,
    api: Api,
    /// Answers by call: policies that ask the same share one call, also while it is under way.
    asked: Arc<Mutex<HashMap<String, (Instant, Asking)>>>,
}

impl std::fmt::Debug for AwsFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsFacts").finish_non_exhaustive()
    }
}

/// A fact that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the fact {fact} cannot be had: {why}")]
pub struct FetchError {
    /// Its name.
    pub fact: String,
    /// Which call on what failed, with AWS's code and message, and what to do.
    pub why: String,
}

/// The region, the element that it is asked of, and the parameters of a call.
type Question = (Option<String>, Option<Value>, Map<String, Value>);

/// One call of a fact, and what came of it.
struct Asked {
    region: Option<String>,
    of: Option<Value>,
    answer: Answer,
}

impl AwsFacts {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            objects: Objects::new(config),
            iam: Iam::new(config),
            api: Api::new(config),
            asked: Arc::default(),
        }
    }

    /// The value of the fact `name`, one of those that a policy `declares`.
    ///
    /// # Errors
    /// A parameter is missing or malformed, or AWS refused.
    pub async fn fetch(
        &self,
        name: &str,
        declares: &BTreeMap<String, FactProvider>,
        parameters: &Value,
    ) -> Result<Value, FetchError> {
        let fetched = match declares.get(name) {
            None => Err("is not declared".to_owned()),
            Some(FactProvider::Roster { uri_parameter }) => self.roster(uri_parameter, parameters).await,
            Some(FactProvider::IamUsers {}) => self.iam.users().await.map(Value::Array),
            Some(FactProvider::IamCredentialReport {}) => self.iam.credential_report().await,
            Some(FactProvider::S3Object { uri_parameter, format }) => {
                self.object(uri_parameter, *format, parameters).await
            }
            Some(FactProvider::SsmParameter { name_parameter }) => {
                self.ssm_parameter(name_parameter, parameters).await
            }
            Some(FactProvider::AwsApi(call)) => self.aws_api(call, declares, parameters).await,
        };
        fetched.map_err(|why| FetchError { fact: name.to_owned(), why })
    }

    async fn get(&self, uri_parameter: &str, parameters: &Value) -> Result<(String, Arc<Object>), String> {
        let given = text(parameters, uri_parameter, "s3://bucket/key")?;
        let uri: ObjectUri = given.parse().map_err(|error| format!("parameter {uri_parameter} {error}"))?;
        Ok((given.to_owned(), self.objects.get(&uri).await?))
    }

    async fn roster(&self, uri_parameter: &str, parameters: &Value) -> Result<Value, String> {
        let options = RosterOptions::from_parameters(parameters).map_err(|error| error.to_string())?;
        let (source, object) = self.get(uri_parameter, parameters).await?;
        let roster = roster::parse(&source, object.last_modified, &object.bytes, &options);
        serde_json::to_value(roster).map_err(|error| error.to_string())
    }

    async fn object(
        &self,
        uri_parameter: &str,
        format: Option<ObjectFormat>,
        parameters: &Value,
    ) -> Result<Value, String> {
        let (source, found) = self.get(uri_parameter, parameters).await?;
        object::parse(&source, found.last_modified, &found.bytes, format)
            .map_err(|problem| problem.to_string())
    }

    async fn ssm_parameter(&self, name_parameter: &str, parameters: &Value) -> Result<Value, String> {
        let name = text(parameters, name_parameter, "a name in Parameter Store")?;
        let request = json!({"Name": name, "WithDecryption": true}).as_object().cloned().unwrap_or_default();
        let answer = self.api.call("ssm", "GetParameter", &request, None).await;
        let found = answer.map_err(|error| explain("ssm", "GetParameter", &format!(" {name}"), &error))?;
        let fields = ["Name", "Type", "Value", "Version", "LastModifiedDate"];
        let pick = |field: &&str| ((*field).to_owned(), found["Parameter"][*field].clone());
        Ok(Value::Object(fields.iter().map(pick).collect()))
    }

    async fn aws_api(
        &self,
        call: &AwsApiCall,
        declares: &BTreeMap<String, FactProvider>,
        parameters: &Value,
    ) -> Result<Value, String> {
        let asked = self.ask(call, declares, parameters).await?;
        let is_list = call.regions.is_some() || call.for_each.is_some();
        let error = |error: &ApiError| json!({"code": error.code, "message": error.message});
        if !is_list {
            let one = asked.into_iter().next().ok_or("nothing was asked")?;
            return Ok(one.answer.unwrap_or_else(|found| json!({"error": error(&found)})));
        }
        let entry = |asked: Asked| {
            let mut entry = Map::new();
            if let Some(region) = asked.region {
                entry.insert("region".into(), region.into());
            }
            if let Some(of) = asked.of {
                entry.insert("for".into(), of);
            }
            match asked.answer {
                Ok(answer) => entry.insert("result".into(), answer),
                Err(found) => entry.insert("error".into(), error(&found)),
            };
            Value::Object(entry)
        };
        Ok(asked.into_iter().map(entry).collect())
    }

    /// Every call of a fact; an error that it does not tolerate ends it.
    fn ask<'a>(
        &'a self,
        call: &'a AwsApiCall,
        declares: &'a BTreeMap<String, FactProvider>,
        parameters: &'a Value,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Asked>, String>> + Send + 'a>> {
        Box::pin(async move {
            let mut calls: Vec<Question> = Vec::new();
            match (&call.for_each, &call.regions) {
                (Some(each), _) => {
                    let Some(FactProvider::AwsApi(other)) = declares.get(&each.fact) else {
                        return Err(format!("the fact {} is not declared", each.fact));
                    };
                    for asked in self.ask(other, declares, parameters).await? {
                        let found = asked.answer.as_ref().map(|answer| elements(answer, &each.items));
                        for element in found.unwrap_or_default() {
                            let request = request(&call.parameters, each, asked.of.as_ref(), element)?;
                            calls.push((asked.region.clone(), Some(element.clone()), request));
                        }
                    }
                }
                (None, Some(regions)) => {
                    for region in self.regions(regions, parameters).await? {
                        calls.push((Some(region), None, call.parameters.clone()));
                    }
                }
                (None, None) => calls.push((call.region.clone(), None, call.parameters.clone())),
            }
            stream::iter(calls)
                .map(|(region, of, request)| async move {
                    let asked_in = region.as_deref().or(call.region.as_deref());
                    let answer = self.shared(&call.service, &call.action, request.clone(), asked_in).await;
                    match answer {
                        Err(error) if !call.tolerate.contains(&error.code) => {
                            let place = asked_in.map_or_else(String::new, |region| format!(" in {region}"));
                            let of = if request.is_empty() {
                                String::new()
                            } else {
                                format!(" {}", Value::from(request))
                            };
                            Err(explain(&call.service, &call.action, &format!("{of}{place}"), &error))
                        }
                        answer => Ok(Asked { region, of, answer }),
                    }
                })
                .buffered(CONCURRENT)
                .try_collect()
                .await
        })
    }

    /// The answer of a call, which others may be asking for at the same time.
    async fn shared(
        &self,
        service: &str,
        action: &str,
        request: Map<String, Value>,
        region: Option<&str>,
    ) -> Answer {
        let key =
            format!("{service}:{action} {} {}", region.unwrap_or_default(), Value::Object(request.clone()));
        let asking = {
            let mut asked = self.asked.lock().await;
            asked.retain(|_, (at, _)| at.elapsed() < GOOD_FOR);
            let (_, asking) = asked.entry(key.clone()).or_insert_with(|| {
                let (api, service, action) = (self.api.clone(), service.to_owned(), action.to_owned());
                let region = region.map(ToOwned::to_owned);
                let asking = async move { api.call(&service, &action, &request, region.as_deref()).await };
                (Instant::now(), asking.boxed().shared())
            });
            asking.clone()
        };
        let answer = asking.await;
        if answer.is_err() {
            // What failed may work the next time.
            self.asked.lock().await.remove(&key);
        }
        answer
    }

    async fn regions(&self, regions: &Regions, parameters: &Value) -> Result<Vec<String>, String> {
        match regions {
            Regions::Parameter(name) => {
                let list = parameters.get(name).and_then(Value::as_array);
                let list = list.ok_or_else(|| format!("parameter {name} is not a list of regions"))?;
                Ok(list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect())
            }
            Regions::Enabled => {
                let answer = self.shared("ec2", "DescribeRegions", Map::new(), None).await;
                let answer = answer.map_err(|error| explain("ec2", "DescribeRegions", "", &error))?;
                let names = elements(&answer, "Regions.RegionName");
                let names: Vec<String> =
                    names.into_iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
                if names.is_empty() {
                    return Err("ec2:DescribeRegions named no region".to_owned());
                }
                Ok(names)
            }
        }
    }
}

fn text<'a>(parameters: &'a Value, name: &str, expected: &str) -> Result<&'a str, String> {
    let given = parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    given.ok_or_else(|| format!("parameter {name} is not set, expected {expected}"))
}

/// What is at a path; lists on the way are walked through, and one at its end is its elements.
fn elements<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for name in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(list) => list.iter().collect::<Vec<_>>(),
                other => vec![other],
            })
            .filter_map(|value| value.get(name))
            .collect();
    }
    let spread = |value: &'a Value| match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        other => vec![other],
    };
    found.into_iter().flat_map(spread).collect()
}

/// The request for one element.
fn request(
    fixed: &Map<String, Value>,
    each: &ForEach,
    above: Option<&Value>,
    element: &Value,
) -> Result<Map<String, Value>, String> {
    let mut request = fixed.clone();
    for (name, path) in &each.parameters {
        let one = path.strip_prefix('[').and_then(|path| path.strip_suffix(']'));
        let (of, below) = match one.unwrap_or(path) {
            "." => (Some(element), ""),
            path => path.strip_prefix("..").map_or((Some(element), path), |below| (above, below)),
        };
        let value = of.and_then(|of| if below.is_empty() { Some(of) } else { api::at(of, below) });
        let value = value.filter(|value| !value.is_null());
        let value = value.ok_or_else(|| format!("an element of {} has no {path}", each.fact))?.clone();
        request.insert(name.clone(), if one.is_some() { json!([value]) } else { value });
    }
    Ok(request)
}

fn explain(service: &str, action: &str, of: &str, error: &ApiError) -> String {
    let next = match api::permission(service, action) {
        Some(permission) if error.is_denied() => format!("; add {permission} to the role that asks"),
        _ => String::new(),
    };
    format!("{service}:{action}{of}: {error}{next}")
}

/// The permissions that fetching a fact needs, as IAM spells them. The objects that a policy's parameters name need
/// `s3:GetObject` besides.
pub fn permissions(provider: &FactProvider) -> Vec<String> {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match provider {
        FactProvider::Roster { .. } | FactProvider::S3Object { .. } => Vec::new(),
        FactProvider::IamUsers {} => all(&[
            "iam:GetAccessKeyLastUsed",
            "iam:GetLoginProfile",
            "iam:ListAccessKeys",
            "iam:ListUserTags",
            "iam:ListUsers",
        ]),
        FactProvider::IamCredentialReport {} => {
            all(&["iam:GenerateCredentialReport", "iam:GetCredentialReport"])
        }
        FactProvider::SsmParameter { .. } => all(&["ssm:GetParameter"]),
        FactProvider::AwsApi(call) => {
            let mut needed: Vec<String> = api::permission(&call.service, &call.action).into_iter().collect();
            if call.regions == Some(Regions::Enabled) {
                needed.push("ec2:DescribeRegions".to_owned());
            }
            needed
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::Fake;

    fn declared(facts: Value) -> BTreeMap<String, FactProvider> {
        serde_json::from_value(facts).unwrap()
    }

    /// A service of trails: two of them, one of which may not be asked about.
    async fn trails() -> (Fake, AwsFacts) {
        let fake = Fake::start(|_, body: &str| {
            if body.contains("\"Name\":\"b\"") {
                (400, json!({"__type": "TrailNotFoundException", "message": "gone"}).to_string())
            } else if body.contains("Name") {
                (200, json!({"IsLogging": true}).to_string())
            } else if body.contains("DescribeRegions") {
                let regions = ["ap-northeast-1", "us-east-1"]
                    .map(|name| format!("<item><regionName>{name}</regionName></item>"));
                (200, format!("<R><regionInfo>{}</regionInfo></R>", regions.concat()))
            } else {
                (200, json!({"trailList": [{"TrailARN": "a"}, {"TrailARN": "b"}]}).to_string())
            }
        })
        .await;
        let facts = AwsFacts::new(&fake.config);
        (fake, facts)
    }

    fn facts(tolerate: &Value) -> BTreeMap<String, FactProvider> {
        declared(json!({
            "trails": {"provider": "aws-api", "service": "cloudtrail", "action": "DescribeTrails"},
            "status": {
                "provider": "aws-api", "service": "cloudtrail", "action": "GetTrailStatus", "tolerate": tolerate,
                "for_each": {"fact": "trails", "items": "trailList", "parameters": {"Name": "TrailARN"}}
            },
            "everywhere": {"provider": "aws-api", "service": "cloudtrail", "action": "DescribeTrails", "regions": "enabled"},
        }))
    }

    #[tokio::test]
    async fn a_call_for_each_element_of_another_fact() {
        let (fake, aws) = trails().await;
        let facts = facts(&json!(["TrailNotFoundException"]));
        let status = aws.fetch("status", &facts, &json!({})).await.unwrap();
        assert_eq!(
            status,
            json!([
                {"for": {"TrailARN": "a"}, "result": {"IsLogging": true}},
                {"for": {"TrailARN": "b"}, "error": {"code": "TrailNotFoundException", "message": "gone"}},
            ])
        );
        // The other fact is asked for once, whoever needs it.
        aws.fetch("trails", &facts, &json!({})).await.unwrap();
        assert_eq!(fake.asked().iter().filter(|body| *body == "{}").count(), 1);
    }

    /// A call may need the element above its own, and a list where the element is one.
    #[tokio::test]
    async fn a_call_names_its_element_the_one_above_it_and_lists_of_one() {
        let fake = Fake::start(|_, body: &str| {
            let answer = if body.contains("FindingIds") {
                json!({"findings": [{"id": "f"}]})
            } else if body.contains("severity") {
                json!({"findingIds": ["f"]})
            } else {
                json!({"detectorIds": ["d1", "d2"]})
            };
            (200, answer.to_string())
        })
        .await;
        let aws = AwsFacts::new(&fake.config);
        let facts = declared(json!({
            "detectors": {"provider": "aws-api", "service": "logs", "action": "DescribeLogGroups"},
            "ids": {
                "provider": "aws-api", "service": "logs", "action": "DescribeLogStreams", "parameters": {"severity": 7},
                "for_each": {"fact": "detectors", "items": "detectorIds", "parameters": {"DetectorId": "."}}
            },
            "findings": {
                "provider": "aws-api", "service": "logs", "action": "GetLogEvents",
                "for_each": {"fact": "ids", "items": "findingIds", "parameters": {"DetectorId": "..", "FindingIds": "[.]"}}
            },
        }));
        let found = aws.fetch("findings", &facts, &json!({})).await.unwrap();
        assert_eq!(found.as_array().unwrap().len(), 2);
        assert!(fake.asked().contains(&json!({"DetectorId": "d2", "FindingIds": ["f"]}).to_string()));
        let each = ForEach {
            fact: "ids".into(),
            items: "x".into(),
            parameters: [("A".to_owned(), "..a.b".to_owned()), ("B".to_owned(), "[c]".to_owned())].into(),
        };
        let above = json!({"a": {"b": 1}});
        let asked = request(&Map::new(), &each, Some(&above), &json!({"c": 2})).unwrap();
        assert_eq!(Value::from(asked), json!({"A": 1, "B": [2]}));
        let error = request(&Map::new(), &each, None, &json!({"c": 2})).unwrap_err();
        assert_eq!(error, "an element of ids has no ..a.b");
    }

    #[tokio::test]
    async fn an_error_that_is_not_tolerated_says_what_was_asked() {
        let (_fake, aws) = trails().await;
        let error = aws.fetch("status", &facts(&json!([])), &json!({})).await.unwrap_err().to_string();
        assert!(
            error.contains("the fact status cannot be had: cloudtrail:GetTrailStatus {\"Name\":\"b\"}"),
            "{error}"
        );
        let fake = Fake::start(|_, _| {
            (400, json!({"__type": "AccessDeniedException", "message": "no"}).to_string())
        })
        .await;
        let aws = AwsFacts::new(&fake.config);
        let error = aws.fetch("trails", &facts(&json!([])), &json!({})).await.unwrap_err().to_string();
        assert!(error.contains("add cloudtrail:DescribeTrails to the role"), "{error}");
    }

    #[tokio::test]
    async fn a_call_in_every_region() {
        let (_fake, aws) = trails().await;
        let found = aws.fetch("everywhere", &facts(&json!([])), &json!({})).await.unwrap();
        let regions: Vec<_> =
            found.as_array().unwrap().iter().map(|one| one["region"].as_str().unwrap()).collect();
        assert_eq!(regions, ["ap-northeast-1", "us-east-1"]);
        assert_eq!(found[1]["result"]["trailList"][0]["TrailARN"], "a");
    }

    #[test]
    fn permissions_are_iams_own() {
        let facts = facts(&json!([]));
        assert_eq!(permissions(&facts["everywhere"]), ["cloudtrail:DescribeTrails", "ec2:DescribeRegions"]);
        assert_eq!(permissions(&facts["status"]), ["cloudtrail:GetTrailStatus"]);
    }
}
