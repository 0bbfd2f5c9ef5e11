//! The schema of RiskPolicy: as the API server gets it, as policy files are read by it, and as the reference is written
//! from it.

mod readable;
mod rules;

use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::CustomResourceExt;
use kube::core::schema::StructuralSchemaRewriter;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

use crate::policy::{MAX_NAME, RiskPolicy};

pub(crate) use rules::{
    client_certificates, conditions, egress_proxy, flows, ip_intelligence, one_span_source, outdated_reasons,
    providers, sources, store,
};

/// The CustomResourceDefinition of RiskPolicy, as `crds/` holds it.
#[must_use]
pub fn crd() -> CustomResourceDefinition {
    let mut crd = RiskPolicy::crd();
    for version in &mut crd.spec.versions {
        if let Some(validation) = &mut version.schema {
            validation.open_api_v3_schema = Some(RESOURCE.clone());
        }
    }
    crd
}

/// The schema of the whole resource, save for `apiVersion`, `kind` and `metadata`, which Kubernetes brings itself.
pub static RESOURCE: LazyLock<JSONSchemaProps> = LazyLock::new(structural::<RiskPolicy>);

/// The schema of `metadata`, with what a policy's name must keep to.
pub(crate) static METADATA: LazyLock<JSONSchemaProps> = LazyLock::new(|| {
    let mut metadata = structural::<ObjectMeta>();
    metadata.required = Some(vec!["name".to_owned()]);
    if let Some(properties) = &mut metadata.properties {
        for (name, longest) in [("name", MAX_NAME), ("namespace", 63)] {
            if let Some(property) = properties.get_mut(name) {
                property.min_length = Some(1);
                property.max_length = i64::try_from(longest).ok();
                property.pattern = Some(riskgate_core::patterns::OBJECT_NAME.to_owned());
            }
        }
    }
    metadata
});

/// The structural schema of a type, in the form that Kubernetes takes and people read.
fn structural<T: JsonSchema>() -> JSONSchemaProps {
    let mut settings = SchemaSettings::openapi3();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let first: [fn(&mut Schema); 2] = [readable::without_null, readable::with_values_explained];
    let own = first.map(|transform| Box::new(RecursiveTransform(transform)) as Box<_>);
    settings.transforms.splice(0..0, own);
    let mut schema = settings
        .with_transform(StructuralSchemaRewriter)
        .with_transform(RecursiveTransform(readable::tidy))
        .into_generator()
        .into_root_schema_for::<T>();
    schema.remove("title");
    // What schemars writes reads as JSONSchemaProps; the test of the published CRD would see an empty schema.
    serde_json::from_value(schema.to_value()).unwrap_or_default()
}
