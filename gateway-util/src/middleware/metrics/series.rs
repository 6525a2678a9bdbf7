//! The series of the metrics: a name with its labels.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use gateway_core::{Outcome, RequestSummary, Scheme};
use http::{StatusCode, Version};
use metrics::{Key, Label, Level, Metadata, with_recorder};

use crate::middleware::semantic::{KNOWN_METHODS, OTHER, error_type, protocol_version};

pub(super) const DURATION: &str = "http.server.request.duration";
pub(super) const BODY_SIZE: &str = "http.server.response.body.size";
pub(super) const ACTIVE: &str = "http.server.active_requests";

static METADATA: Metadata<'_> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// The keys that were used so far, so that a recorder finds a series without an allocation.
pub(super) struct Series {
    methods: Vec<String>,
    active: RwLock<HashMap<(Method, Scheme), Key>>,
    ended: RwLock<HashMap<Labels, Histograms>>,
}

/// The index of a method among the known ones.
type Method = Option<usize>;

/// What the labels of a finished request are made from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Labels {
    method: Method,
    scheme: Scheme,
    version: Version,
    status: Option<StatusCode>,
    error: Option<&'static str>,
}

struct Histograms {
    duration: Key,
    body_size: Key,
}

impl Series {
    pub(super) fn new(methods: impl IntoIterator<Item = String>) -> Self {
        Self {
            methods: methods.into_iter().collect(),
            active: RwLock::default(),
            ended: RwLock::default(),
        }
    }

    /// Counts a request as in flight.
    pub(super) fn begin(&self, method: &str, scheme: Scheme) {
        self.with_active(method, scheme, |key| {
            with_recorder(|recorder| recorder.register_gauge(key, &METADATA).increment(1.0));
        });
    }

    /// A request is no longer in flight.
    pub(super) fn end(&self, method: &str, scheme: Scheme) {
        self.with_active(method, scheme, |key| {
            with_recorder(|recorder| recorder.register_gauge(key, &METADATA).decrement(1.0));
        });
    }

    /// A request is over.
    pub(super) fn record(&self, request: &RequestSummary, outcome: &Outcome) {
        let labels = Labels {
            method: self.method(request.method()),
            scheme: request.scheme(),
            version: request.version(),
            status: outcome.status(),
            error: error_type(outcome),
        };
        let make = || self.histograms(labels);
        with_known(&self.ended, labels, make, |keys| {
            with_recorder(|recorder| {
                recorder
                    .register_histogram(&keys.duration, &METADATA)
                    .record(outcome.duration(request));
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the facade's numbers are floats"
                )]
                recorder
                    .register_histogram(&keys.body_size, &METADATA)
                    .record(outcome.body_bytes() as f64);
            });
        });
    }

    fn with_active(&self, method: &str, scheme: Scheme, act: impl FnOnce(&Key)) {
        let method = self.method(method);
        let make = || Key::from_parts(ACTIVE, self.request_labels(method, scheme));
        with_known(&self.active, (method, scheme), make, act);
    }

    fn method(&self, method: &str) -> Method {
        self.methods.iter().position(|known| known == method)
    }

    fn request_labels(&self, method: Method, scheme: Scheme) -> Vec<Label> {
        let method = match method.and_then(|place| self.methods.get(place)) {
            Some(known) => known.clone().into(),
            None => metrics::SharedString::const_str(OTHER),
        };
        vec![
            Label::new("http.request.method", method),
            Label::new("url.scheme", scheme.as_str()),
        ]
    }

    fn histograms(&self, ended: Labels) -> Histograms {
        let mut labels = self.request_labels(ended.method, ended.scheme);
        let version = protocol_version(ended.version);
        labels.push(Label::new("network.protocol.version", version));
        let status = ended.status.map(|status| status.as_str().to_owned());
        if let Some(status) = &status {
            labels.push(Label::new("http.response.status_code", status.clone()));
        }
        let is_error = ended.status.is_some_and(|status| status.is_server_error());
        if let Some(error) = ended.error {
            labels.push(Label::new("error.type", error));
        } else if let (true, Some(status)) = (is_error, status) {
            labels.push(Label::new("error.type", status));
        }
        Histograms {
            duration: Key::from_parts(DURATION, labels.clone()),
            body_size: Key::from_parts(BODY_SIZE, labels),
        }
    }
}

/// The methods of the conventions.
impl Default for Series {
    fn default() -> Self {
        Self::new(KNOWN_METHODS.map(str::to_owned))
    }
}

/// Runs a function on the entry of a key, which is made first if it is missing.
fn with_known<K: Eq + Hash, V>(
    known: &RwLock<HashMap<K, V>>,
    key: K,
    make: impl FnOnce() -> V,
    act: impl FnOnce(&V),
) {
    let values = known.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = values.get(&key) {
        return act(value);
    }
    drop(values);
    let mut values = known.write().unwrap_or_else(PoisonError::into_inner);
    act(values.entry(key).or_insert_with(make));
}
