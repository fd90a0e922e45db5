// What words mean beyond themselves: file types, tools and translations that stand for the same thing.
import { fold, stem } from './words.ts';

/**
 * One group a line: English words | Chinese | Japanese | Spanish. `*` marks things that a task is made of (file types,
 * tools). The first English word is the usual one. The words are those of work with
 * files, code, data and documents in general, not of a particular library.
 */
const GROUPS = `
* pdf pdftotext pymupdf pdfplumber pypdf2 | | |
* excel xlsx xls spreadsheet workbook openpyxl worksheet | 电子表格 工作簿 表格文件 | エクセル スプレッドシート ワークブック | planilla excel
* docx doc python-docx word | 文档 | ワード 文書 | documento
* pptx ppt powerpoint slides presentation deck python-pptx slideshow | 幻灯片 演示文稿 | パワーポイント スライド プレゼンテーション プレゼン | diapositivas presentacion
* zip archive package compress | 压缩包 压缩文件 压缩 打包 归档 | 圧縮 アーカイブ | comprimir archivar comprimido empaquetar
* audio wav mp3 sound stem track music mix | 音频 声音 音轨 音乐 混音 | 音声 オーディオ 音楽 トラック ミックス | audio sonido pista musica mezcla
* video mp4 mov ffmpeg clip footage | 视频 影片 剪辑 | 動画 ビデオ 映像 | video videos
* csv | 逗号分隔 | | 
* css stylesheet style | 样式表 样式 | スタイルシート スタイル | estilos
* typescript ts tsc | | タイプスクリプト | 
* javascript js | | ジャバスクリプト | 
* python script py | 脚本 | パイソン スクリプト | guion
* image png jpg jpeg picture photo | 图片 图像 照片 | 画像 写真 | imagen foto
* chart graph diagram plot matplotlib | 图表 图形 示意图 | グラフ 図表 チャート 図 | grafico grafica diagrama
* web website webpage html | 网页 网站 | ウェブ サイト ウェブサイト ページ | web sitio pagina
ffmpeg encoder codec libx264 h264 encoding encode | 编码器 编解码器 编码 | エンコーダー エンコーダ エンコード コーデック | codificador codec codificar
pandoc latex xelatex | | | 
librosa sox soundfile ffprobe pydub audio | | | 
pdf pdftotext pymupdf pdfplumber pypdf2 pypdf | | | 
reportlab fpdf fpdf2 pdf | | | 
extract pull extraction | 提取 抽取 | 抽出 取り出す | extraer extraccion
text word | 文本 文字 | テキスト 文字 | texto
read open load parse | 读取 打开 阅读 解析 | 読み込み 読み込む 読み込め 読む 読み取り 開く 解析 | leer abrir lectura analizar
write save | 写入 保存 写 | 書き込み 書き込む 書く 保存 | escribir guardar escritura
create generate build make produce generation | 创建 生成 制作 建立 构建 新建 | 作成 生成 作る 構築 | crear generar construir elaborar
edit modify change update | 编辑 修改 更改 | 編集 変更 修正 | editar modificar cambiar
update refresh | 更新 刷新 | 更新 リフレッシュ | actualizar actualizacion
delete remove clean | 删除 清理 移除 | 削除 除去 | eliminar borrar quitar
verify check validate verification audit inspect confirm test proof | 验证 检查 校验 核实 确认 审核 | 検証 確認 チェック 検査 | verificar comprobar validar revisar verificacion
merge combine join concat | 合并 合成 拼接 连接 | 結合 統合 マージ 連結 | combinar unir fusionar concatenar
unmerge split | 取消合并 拆分 | 結合を解除 分割 解除 | separar dividir
cell | 单元格 | セル | celda
sheet worksheet | 工作表 | シート | hoja
spreadsheet | 表格 | 表 | calculo
formula subtotal total sum | 公式 小计 合计 汇总 | 数式 小計 合計 | formula subtotal total suma
table | 表格 | テーブル 表 | tabla
row column | 行 列 | 行 列 | fila columna
page | 页 页面 页数 | ページ ページ数 | pagina
count number | 数量 计数 数目 | 数 件数 カウント | numero cantidad contar
report document | 报告 报表 | 報告書 レポート 報告 | informe reporte
document file | 文档 文书 | 文書 ドキュメント 書類 | documento
file | 文件 档案 | ファイル | archivo fichero
folder directory path | 目录 文件夹 路径 | フォルダ フォルダー ディレクトリ パス | carpeta directorio ruta
large big | 大 大型 | 大きい 大きな 大容量 | grande
special character symbol escape | 特殊字符 特殊符号 转义 | 特殊文字 記号 エスケープ | especial caracter simbolo
unicode utf8 encoding garbled | 乱码 编码 字符编码 | 文字化け 文字コード ユニコード | codificacion
scan ocr scanned | 扫描 扫描件 识别 | スキャン | escanear escaneado
convert conversion transform export | 转换 转成 导出 转化 | 変換 エクスポート | convertir conversion exportar
import load | 导入 | インポート 取り込み | importar
deliver deliverable output artifact | 交付 交付物 成果 输出 | 納品 納品物 成果物 出力 | entregable entregar entrega salida
code | 代码 程序 | コード プログラム | codigo
execute run execution | 执行 运行 | 実行 | ejecutar ejecucion ejecuta
sandbox | 沙箱 沙盒 | サンドボックス | sandbox
shell command terminal bash run_shell | 命令行 终端 命令 | シェル コマンド 端末 ターミナル | consola comando terminal
fail failure error exception unknown | 失败 错误 报错 异常 出错 故障 | 失敗 エラー 例外 障害 | fallo falla error fallar excepcion errores
fallback alternative workaround | 备用 替代 回退 改用 后备 降级 | 代替 フォールバック 代わり 回避策 | alternativa respaldo reserva
debug troubleshoot diagnose diagnosis fix | 调试 排查 诊断 修复 | デバッグ 診断 トラブル 調査 | depurar diagnosticar solucionar arreglar
retry backoff | 重试 退避 | リトライ 再試行 バックオフ | reintentar reintento
recover recovery | 恢复 | 回復 復旧 | recuperar recuperacion
search find locate discover | 搜索 查找 寻找 定位 | 検索 探す 見つける 探索 | buscar busqueda encontrar localizar
research investigate | 调研 研究 | 調査 研究 リサーチ | investigar investigacion
knowledge | 知识 | 知識 | conocimiento
download fetch | 下载 获取 | ダウンロード 取得 | descargar obtener
upload publish | 上传 发布 | アップロード 公開 | subir publicar
government regulatory regulation law legal | 政府 法规 监管 法律 | 政府 規制 法令 法律 官公庁 | gobierno regulacion normativa ley
certificate ssl tls https | 证书 | 証明書 | certificado
proxy | 代理 | プロキシ | proxy
network connection connectivity | 网络 连接 | ネットワーク 接続 通信 | conexion conectividad
template checklist form | 模板 清单 表单 检查表 | テンプレート チェックリスト フォーム | plantilla lista formulario
medical clinical patient soap health | 病历 医疗 临床 患者 病人 病史 | 診療 カルテ 患者 医療 臨床 | paciente clinica clinico medica medico
note record | 笔记 记录 | 記録 メモ ノート | nota registro
dashboard | 仪表盘 仪表板 看板 | ダッシュボード | tablero panel
panel widget component | 面板 组件 控件 小部件 | パネル コンポーネント ウィジェット | panel componente
layout grid | 布局 网格 | レイアウト グリッド | diseno cuadricula
data | 数据 资料 | データ | dato datos
service | 服务 | サービス | servicio
circuit breaker resilience resilient | 熔断 断路器 容错 弹性 | サーキットブレーカー 遮断 耐障害 | cortacircuitos resiliente
cache | 缓存 | キャッシュ | cache
api endpoint | 接口 端点 | エンドポイント | interfaz
schedule scheduler interval periodic poll timer | 定时 定期 轮询 调度 周期 | 定期 定期的 ポーリング スケジュール スケジューラ 間隔 | programar periodico intervalo sondeo
virtual | 虚拟 | 仮想 バーチャル | virtual
list | 列表 | リスト 一覧 | lista listado
scroll scrolling | 滚动 | スクロール | desplazamiento desplazar
performance speed fast | 性能 速度 | 性能 パフォーマンス 高速 | rendimiento velocidad
state storage persist localstorage persistence | 状态 持久化 存储 本地存储 | 状態 永続化 保存 ストレージ | estado almacenamiento persistir
keyboard | 键盘 | キーボード | teclado
type | 类型 | 型 | tipo
compile typecheck compiler | 编译 类型检查 | コンパイル 型チェック | compilar compilacion
news headline feed | 新闻 头条 资讯 | ニュース 見出し | noticia noticias titular titulares
stock finance market finnhub price share | 股票 股市 行情 金融 股价 | 株価 株式 金融 市場 | bolsa acciones mercado finanzas
integrate integration | 集成 接入 对接 | 統合 連携 | integrar integracion
project | 项目 工程 | プロジェクト | proyecto
scaffold setup bootstrap initialize | 脚手架 初始化 搭建 | 雛形 初期化 足場 セットアップ | andamiaje inicializar
server backend | 服务器 后端 | サーバー サーバ バックエンド | servidor
frontend ui interface | 前端 界面 | フロントエンド 画面 インターフェース | interfaz
route handler router | 路由 | ルート ルーティング | ruta enrutador
security xss sanitize injection | 安全 注入 跨站 | セキュリティ 無害化 | seguridad inyeccion
pattern architecture | 模式 架构 | パターン アーキテクチャ 設計 | patron arquitectura
skill | 技能 | スキル | habilidad
task | 任务 | タスク 作業 | tarea
agent | 智能体 代理人 | エージェント | agente
tool | 工具 | ツール 道具 | herramienta
workflow process step | 流程 工作流 步骤 | ワークフロー 手順 工程 | flujo proceso paso
reference context source attached | 参考 上下文 附件 来源 参考文件 | 参考 参照 添付 資料 | referencia contexto adjunto fuente
complete finish | 完成 结束 | 完了 完成 終了 | completar terminar
multiple several all | 多个 多份 全部 所有 | 複数 すべて 全て | varios multiples todos
timecode timing duration length | 时间码 时长 时间轴 | タイムコード 長さ 尺 | duracion
blockchain web3 contract solidity | 区块链 智能合约 | ブロックチェーン スマートコントラクト | cadena contrato
style font | 字体 风格 | フォント 書式 | fuente
missing | 缺失 丢失 找不到 | 欠落 見つからない | faltante falta
empty blank | 空白 空 | 空白 空 | vacio
permission access | 权限 访问 | 権限 アクセス | permiso acceso
environment dependency install library package | 环境 依赖 安装 库 | 環境 依存 インストール ライブラリ | entorno dependencia instalar biblioteca libreria
database sql | 数据库 | データベース | base
login authentication oauth | 登录 认证 | ログイン 認証 | autenticacion sesion
email mail | 邮件 邮箱 | メール | correo
calendar | 日历 日程 | カレンダー 予定 | calendario
deploy deployment | 部署 上线 | デプロイ 配備 展開 | desplegar despliegue
train training model | 训练 模型 | 学習 訓練 モデル | entrenar modelo
translate translation | 翻译 | 翻訳 | traducir traduccion
summary summarize | 摘要 总结 概括 | 要約 まとめ | resumen resumir
plan | 计划 规划 | 計画 | plan planificar
customer client | 客户 顾客 | 顧客 クライアント | cliente
invoice budget accounting tax | 发票 预算 会计 税务 | 請求書 予算 会計 税務 | factura presupuesto contabilidad impuesto
contract agreement | 合同 协议 | 契約 契約書 | contrato acuerdo
analysis analyze | 分析 | 分析 解析 | analisis analizar
compare difference diff | 比较 对比 差异 | 比較 差分 | comparar diferencia
copy replace | 复制 替换 | コピー 置換 置き換え | copiar reemplazar
format | 格式 | 形式 フォーマット | formato
size limit | 大小 限制 | サイズ 制限 | tamano limite
`;

/** A term that stands for another one. `weight` is how much of a match it is (1 would be the word itself). */
export interface Meaning {
  readonly term: string;
  readonly word: string;
  readonly weight: number;
}

export interface Concepts {
  /** Terms that may stand for this stem. */
  meanings(stem: string): readonly Meaning[];
  /** True for file types and tools: what a task is made of. */
  isThing(stem: string): boolean;
  /** Cuts a run without spaces into known words and the rest between them, longest known word first. */
  cut(run: string): readonly { readonly text: string; readonly known: boolean }[];
}

interface Word {
  readonly term: string;
  readonly word: string;
  readonly english: boolean;
}

/** How much a translation counts, by its place in the group; and a neighbour in the same language. */
const USUAL_TRANSLATION = 0.9;
const OTHER_TRANSLATION = 0.6;
const NEIGHBOUR = 0.4;
/** File types and tools of one kind are nearly the same thing. */
const SAME_THING = 0.6;

/** Builds the table (about a millisecond). */
export function createConcepts(): Concepts {
  const meanings = new Map<string, Meaning[]>();
  const things = new Set<string>();
  let longest = 1;
  for (const line of GROUPS.split('\n')) {
    if (line.trim() === '') continue;
    const group = line
      .replace('*', '')
      .split('|')
      .flatMap((cell, column) => wordsOf(cell, column === 0))
      // A word that is English too (`total`, `video`) is taken as English.
      .filter((word, at, all) => all.findIndex(({ term }) => term === word.term) === at);
    for (const from of group) {
      if (line.startsWith('*')) things.add(from.term);
      longest = Math.max(longest, isWide(from.term) ? from.term.length : 1);
      for (const to of group) {
        if (to.term === from.term) continue;
        const meaning = {
          term: to.term,
          word: to.word,
          weight: weightOf(from, to, group, line.startsWith('*')),
        };
        add(meanings, from.term, meaning);
      }
    }
  }
  return {
    meanings: (term) => meanings.get(term) ?? [],
    isThing: (term) => things.has(term),
    cut: (run) => cut(run, meanings, longest),
  };
}

function wordsOf(cell: string, english: boolean): Word[] {
  return cell
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const folded = fold(word).toLowerCase();
      return { term: stem(folded.replace(/[-_]/g, '')), word: folded, english };
    });
}

function weightOf(from: Word, to: Word, group: readonly Word[], isThing: boolean): number {
  if (from.english && to.english) return isThing ? SAME_THING : NEIGHBOUR;
  if (!from.english && to.english) return to === group[0] ? USUAL_TRANSLATION : OTHER_TRANSLATION;
  return OTHER_TRANSLATION;
}

function add(map: Map<string, Meaning[]>, term: string, meaning: Meaning): void {
  const list = map.get(term);
  if (list === undefined) map.set(term, [meaning]);
  else {
    const known = list.findIndex((other) => other.term === meaning.term);
    if (known < 0) list.push(meaning);
    else if ((list[known]?.weight ?? 0) < meaning.weight) list[known] = meaning;
  }
}

function isWide(term: string): boolean {
  return /[^\p{Script=Latin}\p{N}]/u.test(term);
}

function cut(run: string, known: ReadonlyMap<string, unknown>, longest: number) {
  const parts: { text: string; known: boolean }[] = [];
  let gap = '';
  let at = 0;
  while (at < run.length) {
    let length = Math.min(longest, run.length - at);
    while (length > 1 && !known.has(run.slice(at, at + length))) length -= 1;
    if (length > 1) {
      if (gap !== '') parts.push({ text: gap, known: false });
      gap = '';
      parts.push({ text: run.slice(at, at + length), known: true });
    } else gap += run.charAt(at);
    at += length;
  }
  if (gap !== '') parts.push({ text: gap, known: false });
  return parts;
}
