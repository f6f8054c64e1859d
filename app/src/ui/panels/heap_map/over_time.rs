//! The figures of the heap over time, one at a time.

use crate::analysis::HeapNumbers;
use crate::ui::theme::Palette;
use crate::ui::views::HeapMapView;
use crate::units;
use egui::{ComboBox, RichText, Ui};
use egui_plot::{HoverPosition, Line, Plot, VLine};

/// The figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Plotted {
    /// What fits without growing.
    #[default]
    LargestFree,
    /// All that is free.
    Free,
    /// 1 − largest / free.
    Fragmentation,
    /// Σfree².
    Dispersion,
    /// Blocks.
    LiveBlocks,
    /// Pages without a live byte.
    EmptyPages,
    /// Pages with less than a sixteenth live.
    SparsePages,
}

impl Plotted {
    const ALL: [Plotted; 7] = [
        Plotted::LargestFree,
        Plotted::Free,
        Plotted::Fragmentation,
        Plotted::Dispersion,
        Plotted::LiveBlocks,
        Plotted::EmptyPages,
        Plotted::SparsePages,
    ];

    const fn name(self) -> &'static str {
        match self {
            Plotted::LargestFree => "largest free piece",
            Plotted::Free => "free bytes",
            Plotted::Fragmentation => "fragmentation",
            Plotted::Dispersion => "dispersion",
            Plotted::LiveBlocks => "live blocks",
            Plotted::EmptyPages => "empty pages",
            Plotted::SparsePages => "sparse pages",
        }
    }

    fn value(self, numbers: &HeapNumbers) -> f64 {
        match self {
            Plotted::LargestFree => numbers.largest_free_bytes as f64,
            Plotted::Free => numbers.free_bytes as f64,
            Plotted::Fragmentation => numbers.fragmentation,
            Plotted::Dispersion => numbers.dispersion,
            Plotted::LiveBlocks => numbers.live_blocks as f64,
            Plotted::EmptyPages => numbers.empty_pages as f64,
            Plotted::SparsePages => numbers.sparse_pages as f64,
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Plotted::LargestFree | Plotted::Free => units::bytes(value as u64),
            Plotted::Fragmentation | Plotted::Dispersion => units::percent(value),
            Plotted::LiveBlocks | Plotted::EmptyPages | Plotted::SparsePages => units::exact(value as u64),
        }
    }
}

const HEIGHT: f32 = 96.0;

/// Draws the plot of one of them.
pub fn over_time_ui(ui: &mut Ui, view: &HeapMapView, plotted: &mut Plotted) {
    let combo = ComboBox::from_id_salt("plotted").width(150.0).selected_text(plotted.name());
    let combo = combo.show_ui(ui, |ui| {
        for figure in Plotted::ALL {
            ui.selectable_value(plotted, figure, figure.name());
        }
    });
    combo
        .response
        .accessible_name("Figure over time")
        .on_hover_text("The formulas stand at the figures above.");
    let Some(numbers) = &view.numbers else {
        ui.label(RichText::new("Computing…").weak());
        return;
    };
    let palette = Palette::of(ui);
    let plotted = *plotted;
    let points: Vec<[f64; 2]> = numbers.iter().map(|at| [at.at_nanos as f64, plotted.value(at)]).collect();
    let most = points.iter().map(|[_, value]| *value).fold(0.0, f64::max);
    let duration = view.growth.duration_nanos as f64;
    let now = (view.heap.at_nanos as f64).min(duration);
    let label = move |at: &HoverPosition<'_>| {
        let position = match at {
            HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position } => position,
        };
        Some(format!("{}\n{}", units::nanos(position.x.max(0.0) as u64), plotted.text(position.y.max(0.0))))
    };
    Plot::new(("over time", plotted.name()))
        .height(HEIGHT)
        .show_axes([false, false])
        .show_grid([false, false])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_crosshair(false)
        .include_x(0.0)
        .include_x(duration)
        .include_y(0.0)
        .include_y(most.max(f64::MIN_POSITIVE))
        .label_formatter(label)
        .show(ui, |plot| {
            let line = Line::new(plotted.name(), points).color(palette.memory.live).width(1.5);
            plot.line(line.fill(0.0).fill_alpha(0.12));
            plot.vline(VLine::new("now", now).color(palette.text).width(1.0));
        });
    let text = format!("at most {}", plotted.text(most));
    ui.label(RichText::new(text).weak().small());
}
