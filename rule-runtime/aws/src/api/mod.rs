//! One signed caller for the read-only operations of AWS's APIs, instead of an SDK crate for each service.
//!
//! In: service, operation and request as a policy names them. Out: the answer of all pages as JSON in the API's own
//! names, times as everywhere in Sekisho. What it knows of the services comes from `models/`, made of botocore's.
//!
//! Weighed: an SDK crate takes one to three minutes to build and some megabytes of the binary for each of 54 services;
//! this takes 100 KB for all of them. What it lacks is what policies have no use for: writes, streams, presigning.

mod answer;
mod model;
mod request;
mod send;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use serde_json::{Map, Value};

use self::model::{Model, Service};
use self::send::Sender;

/// The most pages of one call: more is a mistake in the paging, or too much to judge.
const MOST_PAGES: usize = 1_000;

/// An error that AWS answered with, or that kept it from answering.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// AWS's code; `RequestFailed` where there was no answer.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

impl ApiError {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        self.code.starts_with("AccessDenied")
            || self.code.starts_with("Unauthorized")
            || matches!(self.code.as_str(), "AuthorizationError" | "Forbidden" | "NotAuthorized" | "HTTP 403")
    }
}

/// Calls AWS's APIs with the region and credentials of a configuration.
#[derive(Debug, Clone)]
pub struct Api {
    sender: Sender,
    region: String,
}

/// Whether the operation is known; else what is spelled alike.
///
/// # Errors
/// It is not, in words.
pub fn knows(service: &str, action: &str) -> Result<(), String> {
    operation(service, action).map(|_| ())
}

/// The permission that an operation needs, as IAM spells it.
pub fn permission(service: &str, action: &str) -> Option<String> {
    let model = Model::get();
    let prefix = &model.services.get(of_the_model(service))?.iam;
    let name = format!("{prefix}:{action}");
    Some(model.actions.get(&name).cloned().unwrap_or(name))
}

/// The AWS CLI has names of its own for these.
fn of_the_model(service: &str) -> &str {
    match service {
        "configservice" => "config",
        "s3api" => "s3",
        other => other,
    }
}

fn operation(service: &str, action: &str) -> Result<(&'static Service, &'static model::Operation), String> {
    let model = Model::get();
    let Some(found) = model.services.get(of_the_model(service)) else {
        let names = model.services.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("the service \"{service}\" is not known here; there are {names}"));
    };
    found.ops.get(action).map(|operation| (found, operation)).ok_or_else(|| {
        let start: String = action.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
        let near: Vec<_> =
            found.ops.keys().filter(|name| name.starts_with(&start)).map(String::as_str).collect();
        let near = if near.is_empty() { String::new() } else { format!("; there are {}", near.join(", ")) };
        format!("{service} has no read-only operation {action}{near}")
    })
}

impl Api {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Self { sender: Sender::new(config), region }
    }

    /// The region that is asked where none is named.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// All pages of one operation.
    ///
    /// # Errors
    /// AWS's error, or that the operation is not known.
    pub async fn call(
        &self,
        service: &str,
        action: &str,
        parameters: &Map<String, Value>,
        region: Option<&str>,
    ) -> Result<Value, ApiError> {
        let (model, operation) =
            operation(service, action).map_err(|why| ApiError::new("UnknownOperation", why))?;
        let region = region.unwrap_or(&self.region);
        let mut parameters = parameters.clone();
        let mut whole: Option<Value> = None;
        let mut last = None;
        for _ in 0..MOST_PAGES {
            let request = request::build(model, action, operation, &parameters)
                .map_err(|why| ApiError::new("InvalidRequest", format!("{service}:{action}: {why}")))?;
            let answer = self.sender.send(model, region, &request).await?;
            let page = answer::read(model, operation, &answer)?;
            let Some(paging) = &operation.page else {
                return Ok(page);
            };
            let tokens = paging.tokens(&page).map_err(|why| incomplete(service, action, why))?;
            if tokens.is_some() && tokens == last {
                return Err(incomplete(service, action, "its pages do not end"));
            }
            last.clone_from(&tokens);
            match &mut whole {
                None => whole = Some(page),
                Some(whole) => paging.join(whole, page),
            }
            let Some(tokens) = tokens else {
                let mut whole = whole.unwrap_or_default();
                paging.forget(&mut whole);
                return Ok(whole);
            };
            parameters.extend(tokens);
        }
        Err(incomplete(service, action, &format!("it has more than {MOST_PAGES} pages")))
    }
}

/// A part must never pass for the whole.
fn incomplete(service: &str, action: &str, why: &str) -> ApiError {
    ApiError::new("IncompleteAnswer", format!("{service}:{action} cannot be read to its end: {why}"))
}

/// Where the value at a path of names with dots between is; `Name[-1]` is the last element of a list.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| match name.strip_suffix("[-1]") {
        Some(list) => value.get(list)?.as_array()?.last(),
        None => value.get(name),
    })
}

fn at_mut<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |value, name| value.get_mut(name))
}

impl model::Paging {
    /// The request's parameters of the next page, where there is one.
    fn tokens(&self, page: &Value) -> Result<Option<BTreeMap<String, Value>>, &'static str> {
        if self.more.as_deref().is_some_and(|more| at(page, more) != Some(&Value::Bool(true))) {
            return Ok(None);
        }
        let given = |path: &str| {
            // Alternatives, in their order.
            path.split("||")
                .filter_map(|path| at(page, path.trim()))
                .find(|value| !value.is_null() && value.as_str() != Some(""))
        };
        let tokens: BTreeMap<_, _> = self
            .i
            .iter()
            .zip(&self.o)
            .filter_map(|(input, output)| Some((input.clone(), given(output)?.clone())))
            .collect();
        match (tokens.is_empty(), &self.more) {
            (true, Some(_)) => Err("it says that there is more, and not where"),
            (true, None) => Ok(None),
            (false, _) => Ok(Some(tokens)),
        }
    }

    /// Joins the lists of another page to `whole`.
    fn join(&self, whole: &mut Value, mut page: Value) {
        for key in &self.k {
            let Some(more) = at_mut(&mut page, key).map(Value::take) else {
                continue;
            };
            match (at_mut(whole, key), more) {
                (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                (Some(Value::Object(map)), Value::Object(more)) => map.extend(more),
                (Some(there), more) if there.is_null() => *there = more,
                (None, more) => insert(whole, key, more),
                _ => {}
            }
        }
    }

    fn forget(&self, whole: &mut Value) {
        for token in self.o.iter().chain(&self.more) {
            let (of, name) =
                token.rsplit_once('.').map_or((None, token.as_str()), |(of, name)| (Some(of), name));
            let of = match of {
                Some(of) => at_mut(whole, of),
                None => Some(&mut *whole),
            };
            if let Some(map) = of.and_then(Value::as_object_mut) {
                map.shift_remove(name);
            }
        }
    }
}

/// Puts a value where a path of names leads.
fn insert(whole: &mut Value, path: &str, value: Value) {
    let (of, name) = path.rsplit_once('.').map_or((None, path), |(of, name)| (Some(of), name));
    if let Some(of) = of
        && at(whole, of).is_none_or(Value::is_null)
    {
        insert(whole, of, Value::Object(Map::new()));
    }
    let of = match of {
        Some(of) => at_mut(whole, of),
        None => Some(whole),
    };
    if let Some(map) = of.and_then(Value::as_object_mut) {
        map.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
