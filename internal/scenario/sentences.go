package scenario

import (
	"strings"

	"example.org/telltale"
)

// harmlessSentences returns the everyday sentences without tested or excluded
// words. If none is left, neutral words stand in; it is never empty.
func harmlessSentences(s telltale.Scenario) (kept []string) {
	m := newMatcher(s.Words, s.Exclude, nil)
	for line := range strings.Lines(sentences) {
		if line = strings.TrimSpace(line); line != "" && !m.holds(line) {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		kept = m.harmless(append(neutralWords(han, true), neutralWords(latin, true)...))
	}
	if len(kept) == 0 {
		kept = []string{""} // the canaries alone
	}
	return kept
}

const sentences = `
The kettle is on and the bread is almost done.
I put the towels in the cupboard by the window.
It looks like rain later, so take a coat.
The soup needs a little more salt.
We bought two chairs and a small lamp.
My sister is painting the garden bench.
The bus was late again this morning.
Please water the plants on the balcony.
Lunch is at noon, bring your own spoon.
I finished the puzzle last night.
There is fresh milk in the kitchen.
The washing is still on the line.
I found my blue socks under the bed.
Let me know when you are back home.
The new oven takes ages to get warm.
Could you pick up some carrots and onions?
The clock in the hallway is five minutes slow.
We are making pancakes on Sunday.
The cushion does not match the curtains.
I left the ladder in the shed.
今天早上下雨，记得带雨衣。
我在厨房做早餐，你要不要吃面包？
桌子上有一个花瓶和两个杯子。
下午我要洗衣服，晚上做饭。
院子里的柿子熟了。
明天中午一起吃午餐吧。
我把毛巾放在柜子里了。
窗台上的花要浇水了。
昨天买的西瓜很甜。
晚上有点冷，多盖一条毯子。
椅子坏了，下午拿去修。
今天的玉米很新鲜。
我找到你的牙刷了，在盒子里。
早餐有牛奶和米粥。
外面下雪了，路上慢一点。
星期天我们去看望外婆。
水壶里还有温水。
新买的枕头很软。
地板刚擦过，小心滑。
明天天气晴，可以晒被子。
`
