//! Keys that letters stand on, and who they are meant for.

use egui::{Event, Id, InputState, Key, Modifiers, Rect, Ui};

/// Was `key` pressed, without Ctrl or Alt that would make it somebody else's?
pub fn pressed(input: &InputState, key: Key) -> bool {
    let mine = |event: &Event| match event {
        Event::Key { key: k, pressed: true, modifiers, .. } => {
            *k == key && !modifiers.command && !modifiers.alt
        }
        _ => false,
    };
    input.events.iter().any(mine)
}

/// Is Ctrl with `key` pressed, and meant for the panel in `area`? Of several that know it, it is for the one that the
/// pointer was over last, or else for the first. No dialog may be open.
pub fn pressed_with_ctrl(ui: &Ui, panel: Id, area: Rect, key: Key) -> bool {
    let is_free = ui.memory(|memory| memory.top_modal_layer().is_none());
    is_pointed_last(ui, panel, area)
        && is_free
        && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, key))
}

/// The panel that the pointer was over last, of those that ask, and when it was drawn.
#[derive(Clone, Copy)]
struct Pointed {
    panel: Id,
    pass: u64,
}

fn is_pointed_last(ui: &Ui, panel: Id, area: Rect) -> bool {
    let pass = ui.ctx().cumulative_pass_nr();
    let is_here = ui.rect_contains_pointer(area);
    ui.data_mut(|data| {
        let last = data.get_temp_mut_or(Id::unique("panel pointed at last"), Pointed { panel, pass });
        // One that is drawn no more has no say.
        if is_here || last.panel == panel || last.pass + 1 < pass {
            *last = Pointed { panel, pass };
        }
        last.panel == panel
    })
}
