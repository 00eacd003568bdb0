/** @file Emoji shortcodes that release messages and people commonly use. Unknown codes stay text, as in Slack. */

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|100 💯|alarm_clock ⏰|alembic ⚗️|arrow_down ⬇️|arrow_forward ▶️|arrow_left ⬅️|arrow_right ➡️
|arrow_up ⬆️|arrows_counterclockwise 🔄|ballot_box_with_check ☑️|bangbang ‼️|bar_chart 📊|beers 🍻|bell 🔔|no_bell 🔕|bookmark 🔖|boom 💥|brain 🧠
|bug 🐛|bulb 💡|calendar 📆|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|check ✔️|heavy_check_mark ✔️|white_check_mark ✅
|checkered_flag 🏁|clap 👏|clipboard 📋|clock1 🕐|clock3 🕒|closed_lock_with_key 🔐|cloud ☁️|coffee ☕|computer 💻|construction 🚧|cry 😢
|crossed_fingers 🤞|dart 🎯|detective 🕵️|dizzy 💫|exclamation ❗|heavy_exclamation_mark ❗|eyes 👀|facepalm 🤦|fast_forward ⏩|file_folder 📁
|fire 🔥|fire_engine 🚒|floppy_disk 💾|gear ⚙️|ghost 👻|gift 🎁|green_heart 💚|grey_exclamation ❕|grey_question ❔|grin 😁|hammer 🔨
|hammer_and_wrench 🛠️|heart ❤️|heavy_minus_sign ➖|heavy_plus_sign ➕|heavy_multiplication_x ✖️|hourglass ⌛|hourglass_flowing_sand ⏳
|hugging_face 🤗|information_source ℹ️|joy 😂|key 🔑|label 🏷️|large_blue_circle 🔵|large_green_circle 🟢|large_orange_circle 🟠|large_purple_circle 🟣
|large_red_circle 🔴|red_circle 🔴|large_yellow_circle 🟡|white_circle ⚪|black_circle ⚫|large_blue_square 🟦|large_green_square 🟩
|large_red_square 🟥|large_yellow_square 🟨|white_large_square ⬜|black_large_square ⬛|leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️
|link 🔗|lock 🔒|unlock 🔓|loudspeaker 📢|mega 📣|mag 🔍|mag_right 🔎|memo 📝|pencil 📝|pencil2 ✏️|microscope 🔬|money_with_wings 💸
|moneybag 💰|muscle 💪|mute 🔇|negative_squared_cross_mark ❎|new 🆕|newspaper 📰|no_entry ⛔|no_entry_sign 🚫|o ⭕|ocean 🌊|octagonal_sign 🛑
|stop_sign 🛑|ok 🆗|ok_hand 👌|open_file_folder 📂|package 📦|page_facing_up 📄|paperclip 📎|partying_face 🥳|pause_button ⏸️
|double_vertical_bar ⏸️|point_down 👇|point_left 👈|point_right 👉|point_up ☝️|pray 🙏|pushpin 📌|question ❓|rabbit 🐰|rainbow 🌈|raised_hand ✋
|raised_hands 🙌|recycle ♻️|repeat 🔁|rewind ⏪|robot_face 🤖|rocket 🚀|rotating_light 🚨|runner 🏃|satellite 🛰️|scales ⚖️|balance_scale ⚖️
|scroll 📜|see_no_evil 🙈|shield 🛡️|ship 🚢|shrug 🤷|skull 💀|sleeping 😴|zzz 💤|slightly_smiling_face 🙂|smile 😄|smiley 😃|snail 🐌|snowflake ❄️
|sob 😭|sparkles ✨|speech_balloon 💬|star ⭐|stopwatch ⏱️|sunglasses 😎|sweat_smile 😅|tada 🎉|telescope 🔭|test_tube 🧪|thinking_face 🤔|thread 🧵
|timer_clock ⏲️|toolbox 🧰|traffic_light 🚦|vertical_traffic_light 🚦|triangular_flag_on_post 🚩|trophy 🏆|turtle 🐢|twisted_rightwards_arrows 🔀
|unicorn_face 🦄|warning ⚠️|wastebasket 🗑️|wave 👋|wink 😉|wrench 🔧|x ❌|yellow_heart 💛|zap ⚡|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣
|snowboarder 🏂|sun_with_face 🌞|sunny ☀️|umbrella ☔|heavy_dollar_sign 💲|control_knobs 🎛️|level_slider 🎚️|bricks 🧱|mailbox 📫|inbox_tray 📥
|outbox_tray 📤|email 📧|bust_in_silhouette 👤|busts_in_silhouette 👥|house 🏠|factory 🏭|world_map 🗺️|globe_with_meridians 🌐|electric_plug 🔌
|battery 🔋|game_die 🎲|puzzle_piece 🧩|jigsaw 🧩|crystal_ball 🔮|magic_wand 🪄|ice_cube 🧊|fox_face 🦊|penguin 🐧|whale 🐳|spiral_note_pad 🗒️
`;

const EMOJI = new Map(TABLE.replaceAll("\n", "").split("|").map((entry) => entry.split(" ")));

/**
 * The Unicode form of a shortcode.
 * @param {string} name without colons, e.g. "rocket"
 * @returns {string|undefined}
 */
export function emoji(name) {
  return EMOJI.get(name);
}

/** Replace the known shortcodes of a plain text. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (code, name) => emoji(name) ?? code);
}
