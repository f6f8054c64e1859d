//! Which functions are in the table of functions.

use wasmparser::{BinaryReader, ElementItems, ElementKind, ElementSectionReader, Operator};

use crate::ids::FuncIndex;
use crate::module::{ModuleIndex, constant};

const ELEMENT_SECTION: u8 = 9;

/// Slots of the first table and their functions, by slot.
#[derive(Default)]
pub(super) struct Slots(Vec<(u32, FuncIndex)>);

impl Slots {
    /// What the element segments put into the first table; nothing behind what can't be read.
    pub(super) fn read(bytes: &[u8], module: &ModuleIndex) -> Slots {
        let mut slots = Slots::default();
        // What is broken in a section that the outline could be made of makes no difference here.
        let _ = slots.add_all(bytes, module);
        // Stable, and in reverse: of several functions for a slot the last one stays.
        slots.0.reverse();
        slots.0.sort_by_key(|(slot, _)| *slot);
        slots.0.dedup_by_key(|(slot, _)| *slot);
        slots
    }

    pub(super) fn get(&self, slot: u32) -> Option<FuncIndex> {
        let at = self.0.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        self.0.get(at).map(|(_, func)| *func)
    }

    fn add_all(&mut self, bytes: &[u8], module: &ModuleIndex) -> Option<()> {
        let section = module.sections().iter().find(|section| section.id == ELEMENT_SECTION)?;
        let (start, end) = (section.contents.start.0 as usize, section.contents.end.0 as usize);
        let reader = BinaryReader::new(bytes.get(start..end)?, start);
        for segment in ElementSectionReader::new(reader).ok()? {
            let segment = segment.ok()?;
            let ElementKind::Active { table_index: None | Some(0), offset_expr } = segment.kind else {
                continue;
            };
            let Some(first) = constant(&offset_expr).ok()? else { continue };
            self.add(u32::try_from(first).ok()?, segment.items)?;
        }
        Some(())
    }

    fn add(&mut self, first: u32, items: ElementItems<'_>) -> Option<()> {
        match items {
            ElementItems::Functions(functions) => {
                for (slot, function) in (first..=u32::MAX).zip(functions) {
                    self.0.push((slot, FuncIndex(function.ok()?)));
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for (slot, expression) in (first..=u32::MAX).zip(expressions) {
                    let mut operators = expression.ok()?.get_operators_reader().into_iter();
                    if let Some(Ok(Operator::RefFunc { function_index })) = operators.next() {
                        self.0.push((slot, FuncIndex(function_index)));
                    }
                }
            }
        }
        Some(())
    }
}
