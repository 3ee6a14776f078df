//! An AI bill of materials: CycloneDX 1.6 JSON.
//!
//! A component stands for each package whose API is called, for each model that a call names and
//! for each tool that a model is given, a service for each provider of models. Call sites are the occurrences in a component's
//! evidence, with their verdict. There is no time in it, and the serial number is made from the
//! content, so that equal reports give equal bytes.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use aegis_diag::{CallKind, CallSite, Report, Span, Verdict};
use sha2::{Digest, Sha256};

use self::model::{
    Bom, Component, Composition, Dependency, Evidence, Lifecycle, Metadata, Occurrence, Property,
    Service, Tools,
};
use crate::tally::Tally;
use crate::{Options, REPOSITORY, clean, json, sarif::uri};

/// The program that was scanned.
const PROGRAM: &str = "program";
/// Longest text, in characters.
const MAX_TEXT: usize = 1_000;

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut bom = bom(report, options);
    bom.serial_number = Some(serial_number(&json::to_string(&bom, false)));
    json::to_string(&bom, true) + "\n"
}

/// A UUID of version 8, which leaves all bits but six to who makes it: here the hash of a text.
fn serial_number(text: &str) -> String {
    let mut bytes = [0_u8; 16];
    for (byte, hash) in bytes.iter_mut().zip(Sha256::digest(text.as_bytes())) {
        *byte = hash;
    }
    let mut number = u128::from_be_bytes(bytes);
    number = number & !(0xf << 76) | 8 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

fn bom<'a>(report: &'a Report, options: &'a Options) -> Bom<'a> {
    let packages = packages(report, options);
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    for ((package, framework), sites) in &packages {
        let component = of_package(package, framework, sites, options);
        let providers: BTreeSet<&str> = sites.iter().filter_map(|site| provider(site)).collect();
        dependencies.push(Dependency {
            of: component.bom_ref.clone(),
            depends_on: providers.into_iter().map(of_provider).collect(),
        });
        components.push(component);
    }
    components.extend(models(report, options));
    components.extend(tools(report, options));
    let all = components.iter().map(|c| c.bom_ref.clone()).collect();
    dependencies.insert(
        0,
        Dependency {
            of: PROGRAM.to_owned(),
            depends_on: all,
        },
    );
    Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: metadata(report, options),
        components,
        services: services(report),
        dependencies,
        compositions: [Composition {
            aggregate: match report.is_incomplete() {
                true => "incomplete",
                // What a program does only when it runs cannot be read in its source.
                false => "unknown",
            },
            assemblies: [PROGRAM],
        }],
    }
}

fn metadata<'a>(report: &Report, options: &'a Options) -> Metadata<'a> {
    let mut properties = verdicts(&report.sites.iter().collect::<Vec<_>>());
    properties.push(property("findings", report.findings.len()));
    properties.push(property("suppressed", report.suppressed.len()));
    properties.push(property("complete", !report.is_incomplete()));
    if let Some(card) = &report.score {
        let points = card.points();
        let points = points.map_or_else(|| "not applicable".to_owned(), |p| p.to_string());
        properties.push(property("score", points));
        properties.push(property("score_formula", card.formula));
    }
    let plain = |kind, name: &'a str, bom_ref: &str| Component {
        kind,
        bom_ref: bom_ref.to_owned(),
        name: name.to_owned(),
        version: None,
        description: None,
        purl: None,
        evidence: None,
        properties: Vec::new(),
    };
    let name = options.root.rsplit('/').find(|part| !part.is_empty());
    Metadata {
        lifecycles: [Lifecycle { phase: "pre-build" }],
        tools: Tools {
            components: [Component {
                version: Some(&options.tool_version),
                description: Some(format!("AI call sites and their governance, {REPOSITORY}")),
                ..plain("application", "aegis", "tool")
            }],
        },
        component: plain("application", name.unwrap_or(PROGRAM), PROGRAM),
        properties,
    }
}

fn property(name: &str, value: impl std::fmt::Display) -> Property {
    Property {
        name: format!("aegis:{name}"),
        value: format!("{value}"),
    }
}

/// Counts of the verdicts on call sites.
fn verdicts(sites: &[&CallSite]) -> Vec<Property> {
    let tally = Tally::of(sites.iter().copied());
    vec![
        property("call_sites", tally.total),
        property("governed", tally.governed),
        property("partly_governed", tally.partly),
        property("ungoverned", tally.ungoverned),
    ]
}

/// Call sites per package and framework.
type Packages<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a CallSite>>;

/// Without a known package the framework stands for itself.
fn packages<'a>(report: &'a Report, options: &'a Options) -> Packages<'a> {
    let mut packages = Packages::new();
    for site in &report.sites {
        let package = package(&site.api, options).unwrap_or("");
        let key = (package, site.framework.as_str());
        packages.entry(key).or_default().push(site);
    }
    packages
}

/// The package with the longest import path that an API begins with.
fn package<'a>(api: &str, options: &'a Options) -> Option<&'a str> {
    let mut path = api;
    loop {
        if let Some(package) = options.packages.get(path) {
            return Some(package);
        }
        path = path.rsplit_once('.')?.0;
    }
}

fn of_package<'a>(
    package: &str,
    framework: &str,
    sites: &[&'a CallSite],
    options: &'a Options,
) -> Component<'a> {
    let name = if package.is_empty() {
        framework
    } else {
        package
    };
    let purl = (!package.is_empty()).then(|| format!("pkg:pypi/{}", normal(package)));
    let mut properties = vec![property("framework", framework)];
    properties.extend(verdicts(sites));
    Component {
        kind: "library",
        bom_ref: format!("package:{name}:{framework}"),
        name: name.to_owned(),
        version: None,
        description: None,
        purl,
        evidence: Some(evidence(sites, options)),
        properties,
    }
}

/// A package name as the purl specification wants it: lower case, `-` for `_` and `.`.
fn normal(package: &str) -> String {
    package.to_lowercase().replace(['_', '.'], "-")
}

fn evidence<'a>(sites: &[&'a CallSite], options: &'a Options) -> Evidence<'a> {
    let occurrence = |site: &&'a CallSite| Occurrence {
        location: uri::repository_path(&options.root, &site.span.file.path),
        line: site.span.start().raw_line,
        symbol: &site.symbol,
        additional_context: clean::short(
            &format!(
                "{} {} is {}: {}",
                site.kind,
                site.operation,
                site.verdict.as_str(),
                site.reason
            ),
            MAX_TEXT,
        ),
    };
    Evidence {
        occurrences: sites.iter().map(occurrence).collect(),
    }
}

/// The models that calls name, per provider.
fn models<'a>(report: &'a Report, options: &'a Options) -> Vec<Component<'a>> {
    let sites = report.sites.iter();
    let sites: BTreeMap<_, _> = sites.map(|site| (place(&site.span), site)).collect();
    let mut uses: BTreeMap<(&str, &str), Vec<&CallSite>> = BTreeMap::new();
    for model in &report.models {
        if let Some(site) = sites.get(&place(&model.span)) {
            let key = (model.provider.as_str(), model.name.as_str());
            uses.entry(key).or_default().push(site);
        }
    }
    let component = |((provider, name), sites): ((&str, &str), Vec<&'a CallSite>)| {
        let mut properties = verdicts(&sites);
        if !provider.is_empty() {
            properties.insert(0, property("provider", provider));
        }
        Component {
            kind: "machine-learning-model",
            bom_ref: format!("model:{provider}:{name}"),
            name: name.to_owned(),
            version: None,
            description: None,
            purl: None,
            evidence: Some(evidence(&sites, options)),
            properties,
        }
    };
    uses.into_iter().map(component).collect()
}

/// A span as a key.
fn place(span: &Span) -> (&str, usize, usize) {
    (&span.file.path, span.range.start, span.range.end)
}

/// The tools that models are given. Equal names are numbered.
fn tools<'a>(report: &'a Report, options: &'a Options) -> Vec<Component<'a>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let sites = report.sites.iter().filter(|s| s.kind == CallKind::ToolDef);
    let component = |site: &'a CallSite| {
        let known = site.tool.as_ref();
        let name = known.and_then(|tool| tool.name.as_deref());
        let name = clean::short(name.unwrap_or(&site.symbol), MAX_TEXT);
        let n = seen.entry(name.clone()).or_insert(0);
        *n += 1;
        let params = known.map_or(&[][..], |tool| &tool.params);
        let params: Vec<&str> = params.iter().map(|p| p.name.as_str()).collect();
        let mut properties = vec![
            property("kind", site.kind),
            property("framework", &site.framework),
            property("verdict", word(site.verdict)),
        ];
        if !params.is_empty() {
            properties.push(property("parameters", params.join(", ")));
        }
        let description = known.and_then(|tool| tool.description.as_deref());
        Component {
            kind: "application",
            bom_ref: format!("tool:{name}:{n}"),
            name,
            version: None,
            description: description.map(|text| clean::cut(text, MAX_TEXT)),
            purl: None,
            evidence: Some(evidence(&[site], options)),
            properties,
        }
    };
    sites.map(component).collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Governed => "governed",
        Verdict::Partly => "partly_governed",
        Verdict::Ungoverned => "ungoverned",
    }
}

/// Who answers a request to a model.
fn provider(site: &CallSite) -> Option<&str> {
    let asks = matches!(site.kind, CallKind::LlmCall | CallKind::AgentRun);
    Some(site.provider.as_str()).filter(|p| asks && !p.is_empty())
}

fn of_provider(provider: &str) -> String {
    format!("provider:{provider}")
}

fn services(report: &Report) -> Vec<Service> {
    let mut providers: BTreeMap<&str, Vec<&CallSite>> = BTreeMap::new();
    for site in &report.sites {
        if let Some(provider) = provider(site) {
            providers.entry(provider).or_default().push(site);
        }
    }
    let service = |(provider, sites): (&str, Vec<&CallSite>)| Service {
        bom_ref: of_provider(provider),
        name: provider.to_owned(),
        properties: verdicts(&sites),
    };
    providers.into_iter().map(service).collect()
}

#[cfg(test)]
mod tests;
