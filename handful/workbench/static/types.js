// The shapes that the server sends and the page keeps. Types alone: nothing runs here.

/** @typedef {{ value: number, low: number, high: number, confidence: number, n: number, method: string }} Figure */
/** @typedef {{ what: string, found?: string | null, expected?: string | null, attempt?: string | null }} Fault an error's four lines */
/** @typedef {{ name: string, count: number, colour: number, key: string }} ClassInfo */
/** @typedef {{ version: number, state: "none" | "fitting" | "ready" | "failed", milliseconds: number, labels_behind: number, error: Fault | string | null }} ModelInfo */
/** @typedef {{ value: number, low: number, high: number }} Gain */
/**
 * @typedef {object} Meter
 * @property {Figure} accuracy of the model as it is now
 * @property {Figure} live the same with an interval that holds at any time of looking
 * @property {{ answered: number, reserve: number, wanted: number }} audit
 * @property {{ name: string, recall: Figure, precision: Figure }[]} per_class
 * @property {number[][] | null} confusion rows true, columns said
 * @property {{ labels: number, gain: Gain } | null} forecast
 * @property {Figure | null} expected_wrong pictures
 * @property {{ stop: boolean | null, text: string } | null} advice
 * @property {string | null} baseline what any accuracy is to be held against, in words
 * @property {{ annotators: string[], kappa: Figure, items: number } | null} agreement
 * @property {Figure | null} own_consistency
 */
/** @typedef {{ gesture: string, label: string, items: number, unanswered: number, answered: number, agreed: number }} Lasso */
/** @typedef {{ fresh: number, model: string | null, questions: number, answered: number, unsure: number, is_open: boolean, test_accuracy: Figure | null }} Exam the latest, and how many questions a new one would have */
/**
 * @typedef {object} Session
 * @property {number} looked_at when the server began to put it together, in microseconds
 * @property {string} name of the data
 * @property {string} annotator
 * @property {number} items
 * @property {number} embedded
 * @property {{ done: number, total: number, rate: number } | null} progress
 * @property {{ path: string, why: string }[]} quarantined
 * @property {string[]} [notes] what became of labels whose pictures were moved
 * @property {ClassInfo[]} classes
 * @property {number} labelled
 * @property {number} unsure
 * @property {number} flagged
 * @property {number} [disputed]
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {number} label_version
 * @property {number} [positions_version]
 * @property {Fault | null} [failed] what stopped the work in the background
 * @property {Lasso[]} [lassos] those whose labels count half
 * @property {ModelInfo} model
 * @property {Meter | null} meter
 * @property {Exam} exam
 * @property {{ shared: number, lacking: string | null }} crowd pictures that several people gave a class, and what would add their consensus
 */
/**
 * @typedef {object} Pick
 * @property {number} item
 * @property {string | null} reason
 * @property {boolean} blind
 * @property {boolean} [again] it was answered before, and is asked again to see how steady the answers are
 * @property {number | null} probability with which the query drew it
 * @property {{ label: string, probability: number | null } | null} suggestion
 * @property {string | null} [given] the label it bears
 * @property {string | null} [author] who gave the label, when and how, where that is listed
 * @property {number[]} [against] neighbours that contradict it
 * @property {Record<string, string> | null} [votes]
 */
/** @typedef {{ label: string | null, verdict: Verdict | null, ids: string[] }} Answer */
/** @typedef {"unsure" | "skip" | "not" | "decide" | "clear"} Verdict */
/**
 * @typedef {object} Batch what the middle of the page shows
 * @property {string} kind
 * @property {string} title empty for the ordinary questions
 * @property {Pick[]} picks
 * @property {number} total how many there are, of which these are shown
 * @property {number} among how many pictures had been looked at when it was chosen
 * @property {Record<number, Answer>} answers by item, as given here
 */
/** @typedef {{ items: number[], origin: "none" | "grid" | "lasso" }} Selection */
/**
 * @typedef {object} Columns one entry an item
 * @property {string[]} paths
 * @property {(string | null)[]} groups
 * @property {Int16Array} labels class index, or -1
 * @property {Uint8Array} colours class index given or suggested, 255 for none
 * @property {Float32Array} positions x and y in [-1, 1]; NaN while unknown
 * @property {Set<number>} flagged
 * @property {Set<number>} unsure
 * @property {number} labelVersion
 * @property {string} colourVersion
 * @property {number} drawn grows whenever the map must be drawn anew
 * @property {number} placed grows whenever the positions change
 */
/** @typedef {"label" | "map" | "meter" | "export"} View */
/** @typedef {"connecting" | "live" | "offline" | "denied"} Link */
/** @typedef {[item: number, label: number, colour: number]} Before what stood in the columns */
/** @typedef {{ gesture: any, batch: Batch | null, cursor: number, before: Before[], answers: Answer[], isKept: boolean }} Step one gesture; its answers are those of its items, none where it concerns flags or classes */
/**
 * @typedef {object} State
 * @property {Session | null} session
 * @property {Columns} columns
 * @property {Batch | null} batch
 * @property {number} cursor place among the picks
 * @property {boolean} loading
 * @property {Selection} selection
 * @property {View} view
 * @property {"grid" | "focus"} mode
 * @property {import("./lens.js").Lens} lens how the large picture is looked at
 * @property {{ share: number, range: [number, number] | null }} lensMeasure screen pixels for one of the picture, 0 if unknown; values shown as black and white
 * @property {boolean} wideMap
 * @property {boolean} lassoing
 * @property {string | null} projected what the map is parted by
 * @property {Link} link
 * @property {string | null} taking address of what is being made: a file to be taken away, or an exam
 * @property {number} unsaved gestures that wait for the server
 * @property {boolean} everSaved
 * @property {Fault | null} fault
 * @property {boolean} notesRead the notes on moved labels were closed
 * @property {string} said the last thing done, in words
 * @property {Step[]} past
 * @property {Step[]} future
 * @property {{ item: number, answer: Answer }[]} recent newest first
 * @property {string[]} named classes that the server has not confirmed yet
 * @property {[from: string, to: string][]} renamed classes, since all was saved
 */

export {};
