//! The grants of a key, from a file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use keypolicy::decide::Grant;
use keypolicy::{Action, ActionSet};

use super::read::Text;

/// Grants as `aws kms list-grants` prints them, or a list of them.
pub fn grants(path: &Path) -> anyhow::Result<Vec<Grant>> {
    let text = Text::read(path)?;
    let tree = text.tree()?;
    let list = tree.get("Grants").unwrap_or(&tree);
    let items = list.as_sequence().ok_or_else(|| anyhow!("{}: expected a list of grants", text.place(list.span)))?;
    items.iter().map(|item| grant(item, &text)).collect()
}

fn grant(node: &source::Node, text: &Text) -> anyhow::Result<Grant> {
    let string = |name: &str| node.get(name).and_then(|it| it.text()).map(str::to_owned);
    let grantee = string("GranteePrincipal").or_else(|| string("GranteeServicePrincipal"));
    let grantee = grantee.ok_or_else(|| anyhow!("{}: the grant has no GranteePrincipal", text.place(node.span)))?;
    let listed = node.get("Operations").and_then(|it| it.as_sequence()).unwrap_or_default();
    let mut operations = Vec::new();
    for operation in listed {
        let name = operation.text().unwrap_or_default();
        let action = Action::named(name)
            .ok_or_else(|| anyhow!("{}: KMS has no operation `{name}`", text.place(operation.span)))?;
        operations.push(action);
    }
    let constraints = node.get("Constraints");
    let pairs = |name: &str| {
        let entries = constraints?.get(name)?.as_mapping()?;
        let pair = |entry: &source::Entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned()));
        Some(entries.iter().filter_map(pair).collect::<BTreeMap<_, _>>())
    };
    Ok(Grant {
        grantee,
        retiring: string("RetiringPrincipal").or_else(|| string("RetiringServicePrincipal")),
        operations: operations.into_iter().collect::<ActionSet>(),
        context_equals: pairs("EncryptionContextEquals"),
        context_subset: pairs("EncryptionContextSubset"),
        source_arn: constraints.and_then(|it| it.get("SourceArn")).and_then(|it| it.text()).map(str::to_owned),
    })
}
