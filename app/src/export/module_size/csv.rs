//! The parts as comma-separated values (RFC 4180).

use crate::analysis::{ModuleSize, SizeId, SizeKind, SizeNode};
use crate::export::csv::field;
use crate::export::unit_word;
use std::fmt::Write;

/// One line for each part without others within it, by falling size. Their bytes are the file's.
pub(super) fn csv(size: &ModuleSize) -> String {
    let unit = size.metric.map_or("value", |metric| unit_word(metric.unit()));
    let mut text = format!("kind,index,section,group,name,bytes,self_{unit},judged_bytes,idle_bytes\r\n");
    let mut leaves: Vec<(SizeId, &SizeNode)> = size.iter().filter(|(_, node)| !node.has_children()).collect();
    leaves.sort_by_key(|(id, node)| (std::cmp::Reverse(node.bytes), *id));
    for (id, node) in leaves {
        let index = match node.kind {
            SizeKind::Function(function) => function.0.to_string(),
            SizeKind::Segment(place) => place.to_string(),
            _ => String::new(),
        };
        let above = |is_wanted: fn(SizeKind) -> bool| size.up(id).find(|id| is_wanted(size.get(*id).kind));
        let section = above(|kind| matches!(kind, SizeKind::Section(_)));
        let section = section.map_or_else(String::new, |id| size.section_name(id));
        let group = above(|kind| kind == SizeKind::Group).map_or("", |id| &*size.get(id).name);
        let (kind, name) = (node.kind.name(), field(&node.name));
        let SizeNode { bytes, heat, judged_bytes, idle_bytes, .. } = node;
        let (section, group) = (field(&section), field(group));
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "{kind},{index},{section},{group},{name},{bytes},{heat},{judged_bytes},{idle_bytes}\r\n"
        );
    }
    text
}
