//! Calls on receivers whose type is not known, recognised by a distinctive path together with the
//! keyword arguments only such a call has. A method name alone is never enough.

use crate::facts::{Expr, ExprId, Star};

use super::call::Args;
use super::expr::UNKNOWN_PART;
use super::{Cx, Solver, Spot};

impl Solver<'_> {
    /// Looks for a member whose path and signature fit.
    pub(super) fn by_shape(&mut self, cx: Cx<'_>, e: ExprId, callee: ExprId, args: &Args) {
        let mut chain: Vec<&str> = Vec::new();
        let mut at = callee;
        while let Expr::Attr(object, name) = cx.facts.expr(at) {
            chain.push(cx.facts.name(*name));
            at = *object;
        }
        let Some(last) = chain.first() else { return };
        let catalog = self.catalog;
        let Some(shapes) = catalog.shapes.get(*last) else {
            return;
        };
        let spread = args.list.iter().any(|a| a.star == Star::Two);
        let mut best = None;
        for (segments, ix) in shapes {
            if chain.len() < segments.len()
                || !segments.iter().rev().zip(&chain).all(|(a, b)| a == b)
            {
                continue;
            }
            let Some(m) = catalog.member(*ix) else {
                continue;
            };
            let given = |k: &String| self.pool.find(k).is_some_and(|s| args.named(s).is_some());
            let fits = m.signature.iter().all(given) || spread && m.signature.iter().any(given);
            let rank = (
                segments.len(),
                self.is_imported(cx.file, m.framework),
                m.framework_rank(catalog),
            );
            if fits && best.is_none_or(|(r, _)| rank > r) {
                best = Some((rank, *ix));
            }
        }
        let Some((_, ix)) = best else { return };
        let Some(m) = catalog.member(ix) else { return };
        if let Some(kind) = m.kind {
            let site = self.site(cx, Spot::Expr(e), kind, ix, false);
            site.by_shape = true;
            for t in &m.tools {
                if let Some((set, _)) = self.arg(cx, args, std::slice::from_ref(t)) {
                    self.take_tools(cx, set, ix, false, 0);
                }
            }
        }
    }

    /// Whether a file imports a package of a framework.
    fn is_imported(&self, file: u32, framework: u16) -> bool {
        let Some(f) = self.catalog.framework(framework) else {
            return false;
        };
        let Some(facts) = self.files.get(file as usize).and_then(|m| m.facts.as_ref()) else {
            return false;
        };
        let roots = f.packages.iter().flat_map(|p| &p.imports);
        let mut names = roots.filter_map(|i| i.split('.').next());
        names.any(|root| facts.names.iter().any(|n| **n == *root))
    }

    /// The receiver became known: what its shape looked like no longer counts.
    pub(super) fn forget_shape(&mut self, cx: Cx<'_>, e: ExprId) {
        for kind in [
            crate::catalog::Kind::LlmCall,
            crate::catalog::Kind::AgentRun,
        ] {
            let key = (cx.file, Spot::Expr(e), kind);
            if self.sites.get(&key).is_some_and(|s| s.by_shape) {
                self.sites.remove(&key);
            }
        }
    }
}

/// Last path segments of provider requests that generate nothing.
const QUIET: [&str; 16] = [
    "models", "files", "tags", "auth", "key", "keys", "usage", "billing", "credits", "version",
    "ps", "pull", "show", "health", "balance", "token",
];

/// Whether a URL of a provider asks for nothing a model would write.
pub(super) fn generates_nothing(url: &str) -> bool {
    let path = url
        .split(['?', '#'])
        .next()
        .unwrap_or("")
        .trim_end_matches('/');
    path.split('/').skip(3).any(|p| QUIET.contains(&p))
        && !["generate", "chat", "completions", "messages", "embeddings"]
            .iter()
            .any(|w| path.contains(w))
}

/// The host of a URL; unknown parts of the text end it.
pub(super) fn host_of(url: &str) -> Option<String> {
    let rest = url
        .trim()
        .strip_prefix("https://")
        .or_else(|| url.trim().strip_prefix("http://"))
        .unwrap_or("");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..end)?;
    let host = host.rsplit('@').next().unwrap_or(host);
    (!host.is_empty()).then(|| host.replace(UNKNOWN_PART, "_").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_cut_out_of_urls() {
        assert_eq!(
            host_of("https://api.openai.com/v1/chat"),
            Some("api.openai.com".into())
        );
        assert_eq!(
            host_of("http://localhost:11434/api/generate"),
            Some("localhost:11434".into())
        );
        assert_eq!(
            host_of("https://\u{0}.openai.azure.com/x"),
            Some("_.openai.azure.com".into())
        );
        assert_eq!(host_of("ftp://x"), None);
        assert_eq!(host_of("\u{0}/v1/chat"), None);
    }
}
