//! Faults by name, as golden inputs write them.

use riskgate_wire::Fault;

/// Every fault.
pub(crate) const FAULTS: [(&str, Fault); 8] = [
    ("Unauthorized", Fault::Unauthorized),
    ("NotFound", Fault::NotFound),
    ("MethodNotAllowed", Fault::MethodNotAllowed),
    ("UnsupportedMediaType", Fault::UnsupportedMediaType),
    ("InvalidParameters", Fault::InvalidParameters),
    ("RequestTimeout", Fault::RequestTimeout),
    ("Maintenance", Fault::Maintenance),
    ("InternalError", Fault::InternalError),
];
