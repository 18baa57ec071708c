// Package scenario reads the question that is put to an app, and lays it out
// as messages to type.
//
// [Load], [Parse] and [Marshal] turn YAML into a [telltale.Scenario] and back;
// docs/scenario.md describes the file. [Validate] checks a scenario however it
// was made. All problems are reported at once, each with its place in the file.
//
// [Contact] and [Screen] lay out the schedule: blinded (nothing in the order of
// messages tells a treatment from its control), seeded (the same seed, the
// same schedule, for each part by itself) and blocked (every treatment has its
// control in the same block; only messages of one block are compared).
// Controls are matched to the candidates by [Match].
package scenario
