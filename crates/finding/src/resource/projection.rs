//! Where the fields that somebody wants stand in a record, looked up once for each shape.

use std::collections::HashMap;

use smol_str::SmolStr;
use source::record::{Record, ShapeId};

use super::MAX_MEMBERS;
use super::computed::Computed;

/// Shapes that are remembered. A file has a handful; a hostile one may have any number.
const MAX_SHAPES: usize = 1024;

/// The slot of a field that a record has not.
const NOWHERE: u32 = u32::MAX;

macro_rules! own_fields {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// The fields that a resource reads itself, whatever else is wanted of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Own { $($name),* }

        impl Own {
            const ALL: &[Self] = &[$(Self::$name),*];

            /// The field's name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

own_fields! {
    LineKind = "kind",
    ResourceType = "ResourceType",
    ResourceId = "ResourceId",
    Arn = "Arn",
    KeyId = "KeyId",
    KeyManager = "KeyManager",
    AccountId = "AccountId",
    Region = "Region",
    Name = "Name",
    Description = "Description",
    Aliases = "Aliases",
    Tags = "Tags",
    Account = "Account",
    Unknown = "Unknown",
    CustomKeyStoreId = "CustomKeyStoreId",
    CustomKeyStoreName = "CustomKeyStoreName",
    CreationDate = "CreationDate",
    DeletionDate = "DeletionDate",
    ValidTo = "ValidTo",
    NextRotationDate = "NextRotationDate",
    KeyLastUsage = "KeyLastUsage",
    TrackingStartDate = "TrackingStartDate",
    KeySpec = "KeySpec",
    KeyUsage = "KeyUsage",
    Origin = "Origin",
    MultiRegion = "MultiRegion",
    MultiRegionConfiguration = "MultiRegionConfiguration",
    Policy = "Policy",
    RamPolicy = "RamPolicy",
    PrimaryPolicy = "PrimaryPolicy",
    Grants = "Grants",
}

/// What is special about a wanted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    /// Made when judging.
    Computed(Computed),
    /// Joined in from the account line.
    Account,
}

/// What is special about the field of that name, if anything is.
pub(super) fn special(name: &str) -> Option<Special> {
    if name == "Account" { Some(Special::Account) } else { Computed::parse(name).map(Special::Computed) }
}

/// A field that somebody wants.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: SmolStr,
    pub(super) special: Option<Special>,
}

/// The fields that somebody wants of every record, and where they stood in the shapes met so far.
///
/// Keep one for each [`Scanner`](source::record::Scanner): the shapes of two scanners cannot be told apart.
#[derive(Debug)]
pub struct Projection {
    wanted: Box<[Wanted]>,
    layouts: Vec<Layout>,
    by_shape: HashMap<ShapeId, usize>,
    /// The layout of the latest record: mostly the next has its shape.
    latest: Option<(ShapeId, usize)>,
}

/// Where fields stand in the records of one shape: the own ones first, then the wanted ones.
#[derive(Debug)]
struct Layout(Box<[u32]>);

/// A projection on one record.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(super) wanted: &'a [Wanted],
    slots: &'a [u32],
}

impl Projection {
    /// A projection on these fields. What they hold is asked for by their place in this list.
    #[must_use]
    pub fn new<'n>(wanted: impl IntoIterator<Item = &'n str>) -> Self {
        let wanted = wanted.into_iter().map(|name| Wanted { name: name.into(), special: special(name) }).collect();
        Self { wanted, layouts: Vec::new(), by_shape: HashMap::new(), latest: None }
    }

    /// Where the fields stand in a record.
    pub fn view(&mut self, record: &Record<'_>) -> View<'_> {
        let shape = record.shape();
        let index = match self.latest {
            Some((latest, index)) if latest == shape => index,
            _ => self.find(shape, record),
        };
        self.latest = Some((shape, index));
        View { wanted: &self.wanted, slots: self.layouts.get(index).map(|layout| &*layout.0).unwrap_or_default() }
    }

    fn find(&mut self, shape: ShapeId, record: &Record<'_>) -> usize {
        if let Some(index) = self.by_shape.get(&shape) {
            return *index;
        }
        if self.layouts.len() >= MAX_SHAPES {
            self.layouts.clear();
            self.by_shape.clear();
        }
        let names = Own::ALL.iter().map(|own| own.name()).chain(self.wanted.iter().map(|wanted| wanted.name.as_str()));
        // A record that is too large to be a resource is not searched, because it is refused anyway.
        let searched = record.len() <= MAX_MEMBERS;
        let find = |name| record.index_of(name).and_then(|index| u32::try_from(index).ok());
        let slot = |name| if searched { find(name).unwrap_or(NOWHERE) } else { NOWHERE };
        self.layouts.push(Layout(names.map(slot).collect()));
        let index = self.layouts.len() - 1;
        self.by_shape.insert(shape, index);
        index
    }
}

impl View<'_> {
    /// Which member of the record has this field of the resource's own.
    #[inline]
    pub(crate) fn own(&self, field: Own) -> Option<usize> {
        self.slot(field as usize)
    }

    /// Which member of the record has the wanted field of that place.
    #[inline]
    pub(super) fn wanted(&self, index: usize) -> Option<usize> {
        self.slot(Own::ALL.len() + index)
    }

    #[inline]
    fn slot(&self, at: usize) -> Option<usize> {
        self.slots.get(at).filter(|slot| **slot != NOWHERE).map(|slot| *slot as usize)
    }
}
