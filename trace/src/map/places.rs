//! Where the boxes of an actor map stand: in columns, by how many messages away from the beginning they are.
//!
//! The threads outside come first, or else whoever sends most and receives least. Within a column, a box goes to the
//! mean height of those it talks with (the barycentre method of layered drawing), a few times over.

use std::collections::VecDeque;

use super::{ActorMap, Link};
use crate::picture::Area;
use crate::picture::text::{LINE, width};

/// Between two boxes of a column.
const ROW_GAP: i32 = 44;
/// Between two columns, besides the labels.
const COLUMN_GAP: i32 = 80;
/// How many times the columns are put in order.
const SWEEPS: usize = 6;

/// The boxes, and the column of each.
pub(super) fn place_boxes(map: &ActorMap) -> (Vec<Area>, Vec<usize>) {
    let columns = columns(map);
    let deepest = columns.iter().max().map_or(0, |deepest| deepest + 1);
    let mut orders: Vec<Vec<usize>> = vec![Vec::new(); deepest];
    for (at, column) in columns.iter().enumerate() {
        orders[*column].push(at);
    }
    sort_columns(map, &mut orders);

    let sizes: Vec<(i32, i32)> = (0..map.boxes.len()).map(|at| size(map, &columns, at)).collect();
    let height = |order: &[usize]| order.iter().map(|at| sizes[*at].1 + ROW_GAP).sum::<i32>() - ROW_GAP;
    let tallest = orders.iter().map(|order| height(order)).max().unwrap_or(0);
    let mut boxes = vec![Area::default(); map.boxes.len()];
    let mut x = 0;
    for (column, order) in orders.iter().enumerate() {
        let widest = order.iter().map(|at| sizes[*at].0).max().unwrap_or(0);
        let mut y = (tallest - height(order)) / 2;
        for at in order {
            let (width, height) = sizes[*at];
            boxes[*at] = Area { x: x + (widest - width) / 2, y, width, height };
            y += height + ROW_GAP;
        }
        x += widest + COLUMN_GAP + label_room(map, &columns, column);
    }
    (boxes, columns)
}

/// How many messages away from the beginning each box is.
fn columns(map: &ActorMap) -> Vec<usize> {
    let mut columns: Vec<Option<usize>> = vec![None; map.boxes.len()];
    let sends = |at: usize| map.links.iter().filter(|link| link.from == at && link.to != at).count() as i64;
    let receives =
        |at: usize| map.links.iter().filter(|link| link.to == at && link.from != at).count() as i64;
    let mut beginnings: Vec<usize> = (0..map.boxes.len()).collect();
    beginnings.sort_by_key(|at| (!map.boxes[*at].is_outside, receives(*at) - sends(*at), *at));
    for beginning in beginnings {
        if columns[beginning].is_some() {
            continue;
        }
        columns[beginning] = Some(0);
        let mut next = VecDeque::from([(beginning, 0)]);
        while let Some((at, column)) = next.pop_front() {
            for link in map.links.iter().filter(|link| link.from == at) {
                if columns[link.to].is_none() {
                    columns[link.to] = Some(column + 1);
                    next.push_back((link.to, column + 1));
                }
            }
        }
    }
    columns.into_iter().map(Option::unwrap_or_default).collect()
}

fn sort_columns(map: &ActorMap, orders: &mut [Vec<usize>]) {
    // A height from 0 to 1: the middle of a column that has one box, the same as of one that has many.
    let mut heights = vec![0.5; map.boxes.len()];
    let spread = |order: &[usize], heights: &mut [f64]| {
        for (place, at) in order.iter().enumerate() {
            heights[*at] = (place as f64 + 0.5) / order.len() as f64;
        }
    };
    for order in &*orders {
        spread(order, &mut heights);
    }
    for _ in 0..SWEEPS {
        for order in &mut *orders {
            let mean = |at: &usize| {
                let others = map.links.iter().filter_map(|link| other_end(link, *at));
                let (sum, count) =
                    others.fold((0.0, 0), |(sum, count), other| (sum + heights[other], count + 1));
                if count == 0 { heights[*at] } else { sum / f64::from(count) }
            };
            let mut means: Vec<(f64, usize)> = order.iter().map(|at| (mean(at), *at)).collect();
            means.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            *order = means.into_iter().map(|(_, at)| at).collect();
            spread(order, &mut heights);
        }
    }
}

fn other_end(link: &Link, at: usize) -> Option<usize> {
    match (link.from == at, link.to == at) {
        (true, false) => Some(link.to),
        (false, true) => Some(link.from),
        _ => None,
    }
}

/// As wide as its words, and as high as they or the arrows at its sides need.
fn size(map: &ActorMap, columns: &[usize], at: usize) -> (i32, i32) {
    let lines = map.boxes[at].lines();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let on_the_right = map.links.iter().map(|link| {
        let (from, to) = (columns[link.from], columns[link.to]);
        i32::from(link.from == at && from <= to) + i32::from(link.to == at && from >= to)
    });
    let on_the_left = map.links.iter().map(|link| {
        let (from, to) = (columns[link.from], columns[link.to]);
        i32::from(link.from == at && from > to) + i32::from(link.to == at && from < to)
    });
    let ends = on_the_right.sum::<i32>().max(on_the_left.sum());
    (widest + 24, (lines.len() as i32 * LINE + 14).max(ends * 16 + 8))
}

/// Room behind a column: for the widest label of the arrows that cross the gap, and beside it for those of the arrows
/// that lead from one box of the column to another, or to itself.
fn label_room(map: &ActorMap, columns: &[usize], column: usize) -> i32 {
    let mut room = [0, 0];
    for link in &map.links {
        let (from, to) = (columns[link.from], columns[link.to]);
        if from.min(to) == column {
            let widest = link.lines().iter().map(|line| width(line)).max().unwrap_or(0);
            let room = &mut room[usize::from(from == to)];
            *room = widest.max(*room);
        }
    }
    room.iter().sum()
}
